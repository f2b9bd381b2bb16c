/**
 * Decodes a recording, mixes its channels into one, and resamples it. Rejects with a DOMException if it is not audio.
 */
export async function decode(recording: Blob, sampleRateHz: number): Promise<Float32Array> {
  // `decodeAudioData` resamples to the rate of its context.
  const context = new OfflineAudioContext(1, 1, sampleRateHz);
  const decoded = await context.decodeAudioData(await recording.arrayBuffer());
  const mixed = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel++) {
    for (const [index, sample] of decoded.getChannelData(channel).entries()) {
      mixed[index] = (mixed[index] ?? 0) + sample / decoded.numberOfChannels;
    }
  }
  return mixed;
}

/**
 * Encodes samples of one channel as a WAV of 16-bit PCM, because browsers record in different formats. The platforms of
 * all browsers are little-endian, as WAV is.
 */
export function encodeWav(samples: Float32Array, sampleRateHz: number): Blob {
  const pcm = Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 0x7fff);
  // Each of the two hexadecimal numbers holds two fields: PCM and one channel; frames of two bytes and 16 bits.
  const format = Uint32Array.of(16, 0x0001_0001, sampleRateHz, 2 * sampleRateHz, 0x0010_0002);
  const riffBytes = Uint32Array.of(36 + pcm.byteLength);
  const dataBytes = Uint32Array.of(pcm.byteLength);
  return new Blob(['RIFF', riffBytes, 'WAVEfmt ', format, 'data', dataBytes, pcm], { type: 'audio/wav' });
}
