const HEADER_BYTES = 44;

/**
 * Joins what was recorded in pieces, and resamples it. All browsers can do this much; what else they could encode
 * differs from one to the other.
 */
export async function resample(
  pieces: readonly Float32Array<ArrayBuffer>[],
  fromHz: number,
  toHz: number,
): Promise<Float32Array> {
  const sampleCount = pieces.reduce((sum, { length }) => sum + length, 0);
  const offline = new OfflineAudioContext(1, Math.ceil((sampleCount * toHz) / fromHz), toHz);
  const buffer = offline.createBuffer(1, sampleCount, fromHz);
  let offset = 0;
  for (const piece of pieces) {
    buffer.copyToChannel(piece, 0, offset);
    offset += piece.length;
  }
  const source = offline.createBufferSource();
  source.buffer = buffer;
  source.connect(offline.destination);
  source.start();
  return (await offline.startRendering()).getChannelData(0);
}

/** Samples of one channel as a WAV of 16-bit PCM. */
export function encodeWav(samples: Float32Array, sampleRateHz: number): Blob {
  const dataBytes = 2 * samples.length;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + dataBytes));
  const text = (at: number, letters: string) => {
    for (let index = 0; index < letters.length; index++) view.setUint8(at + index, letters.charCodeAt(index));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, 2 * sampleRateHz, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, dataBytes, true);
  samples.forEach((sample, index) => {
    view.setInt16(HEADER_BYTES + 2 * index, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
  });
  return new Blob([view], { type: 'audio/wav' });
}
