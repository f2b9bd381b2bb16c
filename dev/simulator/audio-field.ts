import { pathOf, requiredString } from './checks.ts';
import { invalidValue, type Rejection } from './wire-errors.ts';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads a base64 field of PCM audio: at least one sample, and whole samples only. Throws a Rejection. */
export function audioIn(fields: Record<string, unknown>, key: string, path: string): Uint8Array {
  const value = requiredString(fields, key, path);
  const param = pathOf(path, key);
  if (value === '') throw invalidAudio(param, 'empty bytes');
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw invalidAudio(param, 'an invalid value');
  const bytes = Buffer.from(value, 'base64');
  if (bytes.byteLength % 2 !== 0) throw invalidAudio(param, 'an invalid value');
  return bytes;
}

/** Uses the words of the service (aoai-realtime-audio-sdk #95). */
function invalidAudio(param: string, found: string): Rejection {
  const expected = 'Expected base64-encoded audio bytes (mono PCM16 at 24kHz)';
  return invalidValue(param, `Invalid '${param}'. ${expected} but got ${found}.`);
}
