import { pathOf, requiredString } from './checks.ts';
import type { AudioFormat } from './fields.ts';
import { invalidValue, type Rejection } from './wire-errors.ts';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads a base64 field of audio: at least one sample, and whole samples only. Throws a Rejection. */
export function audioIn(fields: Record<string, unknown>, key: string, base: string, format: AudioFormat): Uint8Array {
  const value = requiredString(fields, key, base);
  const param = pathOf(base, key);
  if (value === '') throw invalidAudio(param, format, 'empty bytes');
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw invalidAudio(param, format, 'an invalid value');
  const bytes = Buffer.from(value, 'base64');
  if (format.type === 'audio/pcm' && bytes.byteLength % 2 !== 0) throw invalidAudio(param, format, 'an invalid value');
  return bytes;
}

/** The words of the service, as seen for PCM (aoai-realtime-audio-sdk #95). */
function invalidAudio(param: string, { type }: AudioFormat, found: string): Rejection {
  const kind = type === 'audio/pcm' ? ' (mono PCM16 at 24kHz)' : '';
  return invalidValue(param, `Invalid '${param}'. Expected base64-encoded audio bytes${kind} but got ${found}.`);
}
