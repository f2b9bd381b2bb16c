import { fieldsOf } from '../fields.ts';
import type { Blob } from '../storage/blobs.ts';
import type { StoredAudio } from './audio-store.ts';

/** A sound with what is known of it. */
export interface Sound {
  readonly audio: StoredAudio;
  readonly wav: Buffer;
}

/** A sound as it is stored: what is known of it as JSON, and then the WAV file; the metadata says where that begins. */
export function writeSound({ audio, wav }: Sound): Pick<Blob, 'body' | 'metadata'> {
  const json = Buffer.from(JSON.stringify(audio));
  return { body: Buffer.concat([json, wav]), metadata: { header: String(json.byteLength) } };
}

/** `undefined` for what no version of the bot has written. */
export function readSound({ body, metadata }: Pick<Blob, 'body' | 'metadata'>): Sound | undefined {
  const headerBytes = Number(metadata['header']);
  if (!Number.isSafeInteger(headerBytes) || headerBytes <= 0 || headerBytes > body.byteLength) return undefined;
  const { id, linkKey, durationMs, text, conversation, locale, savedAtMs, expiresAtMs } = headerOf(
    body.subarray(0, headerBytes),
  );
  if (!areTexts(id, linkKey, text, conversation) || !areNumbers(durationMs, savedAtMs, expiresAtMs)) return undefined;
  const wav = body.subarray(headerBytes);
  const known = { id, linkKey, text, conversation, durationMs, savedAtMs, expiresAtMs };
  const audio = {
    ...(known as Omit<StoredAudio, 'byteLength' | 'locale'>),
    byteLength: wav.byteLength,
    locale: typeof locale === 'string' ? locale : undefined,
  };
  return { audio, wav };
}

function headerOf(json: Buffer): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(json.toString()));
  } catch {
    return {};
  }
}

const areTexts = (...values: readonly unknown[]) => values.every((value) => typeof value === 'string');
const areNumbers = (...values: readonly unknown[]) => values.every((value) => typeof value === 'number');
