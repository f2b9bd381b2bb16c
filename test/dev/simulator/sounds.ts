import { PCM } from '../../../dev/simulator/fields.ts';
import { encodeAudio } from '../../../dev/simulator/g711.ts';
import type { Client, Json } from './client.ts';

// Sound and pictures as a user sends them, and the ways to send them.

/** A tone: PCM16 LE mono 24 kHz. */
export function toneOf(hz: number, durationMs: number, level = 0.3): Uint8Array {
  // A plain loop: three minutes of samples go through `from` ten times as slowly.
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

/** The same sound in a format of the session. */
export function inFormat(pcm: Uint8Array, type: 'audio/pcm' | 'audio/pcmu' | 'audio/pcma'): Uint8Array {
  return encodeAudio(pcm, type === 'audio/pcm' ? PCM : { type });
}

export function clipPart(audio: Uint8Array): Json {
  return { type: 'input_audio', audio: base64(audio) };
}

/** Sends sound through the input audio buffer, in pieces of half a second, and commits it. */
export function commit(client: Client, audio: Uint8Array): void {
  for (let at = 0; at < audio.length; at += 24_000) {
    client.send({ type: 'input_audio_buffer.append', audio: base64(audio.subarray(at, at + 24_000)) });
  }
  client.send({ type: 'input_audio_buffer.commit' });
}
