import { fieldsOf } from '../fields.ts';
import type { Blob } from '../storage/blobs.ts';
import type { StoredAudio } from './library.ts';

/** A sound as it is stored: what is known of it as JSON, and then the WAV file; the metadata says where that begins. */
export function writeSound({ wav, ...header }: StoredAudio): Pick<Blob, 'body' | 'metadata'> {
  const json = Buffer.from(JSON.stringify(header));
  return { body: Buffer.concat([json, wav]), metadata: { header: String(json.byteLength) } };
}

/** `undefined` for what no version of the bot has written. */
export function readSound({ body, metadata }: Pick<Blob, 'body' | 'metadata'>): StoredAudio | undefined {
  const headerBytes = Number(metadata['header']);
  if (!Number.isSafeInteger(headerBytes) || headerBytes <= 0 || headerBytes > body.byteLength) return undefined;
  const { id, linkKey, durationMs, text, conversation, locale, savedAtMs, expiresAtMs } = headerOf(
    body.subarray(0, headerBytes),
  );
  if (!areTexts(id, linkKey, text, conversation) || !areNumbers(durationMs, savedAtMs, expiresAtMs)) return undefined;
  return {
    ...({ id, linkKey, text, conversation, durationMs, savedAtMs, expiresAtMs } as Omit<StoredAudio, 'wav' | 'locale'>),
    locale: typeof locale === 'string' ? locale : undefined,
    wav: body.subarray(headerBytes),
  };
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
