/**
 * Joins the pieces of a recording and resamples them. All browsers can do this, whereas the formats that they encode
 * differ.
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

/** Encodes samples of one channel as a WAV of 16-bit PCM. The platforms of all browsers are little-endian, as WAV is. */
export function encodeWav(samples: Float32Array, sampleRateHz: number): Blob {
  const pcm = Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 0x7fff);
  // Each of the two hexadecimal numbers holds two fields: PCM and one channel; frames of two bytes and 16 bits.
  const format = Uint32Array.of(16, 0x0001_0001, sampleRateHz, 2 * sampleRateHz, 0x0010_0002);
  const riffBytes = Uint32Array.of(36 + pcm.byteLength);
  const dataBytes = Uint32Array.of(pcm.byteLength);
  return new Blob(['RIFF', riffBytes, 'WAVEfmt ', format, 'data', dataBytes, pcm], { type: 'audio/wav' });
}
