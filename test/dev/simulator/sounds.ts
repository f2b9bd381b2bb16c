import type { Client, Json } from './client.ts';

// Audio as a user sends it.

/** A tone: PCM16 LE mono 24 kHz. */
export function toneOf(hz: number, durationMs: number, level = 0.3): Uint8Array {
  // A plain loop: `from` is ten times slower.
  const samples = new Int16Array(durationMs * 24);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.round(level * 0x7fff * Math.sin((2 * Math.PI * hz * index) / 24_000));
  }
  return new Uint8Array(samples.buffer);
}

export function silenceOf(durationMs: number): Uint8Array {
  return new Uint8Array(durationMs * 48);
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

export function clipPart(audio: Uint8Array): Json {
  return { type: 'input_audio', audio: base64(audio) };
}

/** Sends audio through the input audio buffer, in pieces of half a second, and commits it. */
export function commit(client: Client, audio: Uint8Array): void {
  for (let at = 0; at < audio.length; at += 24_000) {
    client.send({ type: 'input_audio_buffer.append', audio: base64(audio.subarray(at, at + 24_000)) });
  }
  client.send({ type: 'input_audio_buffer.commit' });
}
