import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { fieldsOf } from '../json-access.ts';
import type { Logger } from '../log.ts';
import type { AzureBlobs } from '../storage/azure-blobs.ts';
import { type AudioStore, type StoredAudio, toStored } from './audio-store.ts';

export interface AzureBlobAudioStoreOptions {
  /** A container that holds nothing else. A lifecycle rule of the account deletes what is older than the retention. */
  readonly blobs: AzureBlobs;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** Of a digest: 66 bits, under which all sounds of a conversation stand together. */
const CONVERSATION_CHARS = 11;
const ID = /^[A-Za-z0-9_-]{33}$/;
/** A save that failed sooner is tried once more: the user does not notice. */
const SECOND_TRY_MS = 500;
const DELETES_AT_ONCE = 8;

/**
 * Audio in Azure Blob Storage: `<conversation>/<secret>.wav`, and `.json` beside it for what is known of the sound, which
 * fits in no metadata. An id is the conversation's part and the secret.
 */
export function createAzureBlobAudioStore(options: AzureBlobAudioStoreOptions): AudioStore {
  const { blobs, retentionMs, clock, ids, log } = options;
  const isExpired = (expiresAtMs: number) => clock.now() >= expiresAtMs;

  async function write(audio: StoredAudio, wav: Buffer): Promise<void> {
    const name = nameOf(audio.id);
    await Promise.all([
      blobs.write(`${name}.wav`, wav, 'audio/wav', { expires: String(audio.expiresAtMs) }),
      blobs.write(`${name}.json`, Buffer.from(JSON.stringify(audio)), 'application/json'),
    ]);
  }

  return {
    async save(sound) {
      const savedAtMs = clock.now();
      const names = { id: conversationPart(sound.conversation) + ids.secret(), linkKey: ids.secret() };
      const audio = toStored(sound, names, savedAtMs, retentionMs);
      // A connection may have died unnoticed. To write the same twice does no harm.
      await write(audio, sound.wav).catch((error: unknown) => {
        if (clock.now() - savedAtMs > SECOND_TRY_MS) throw error;
        return write(audio, sound.wav);
      });
      return audio;
    },
    async find(id) {
      const blob = ID.test(id) ? await blobs.read(`${nameOf(id)}.json`) : undefined;
      if (blob === undefined) return undefined;
      const audio = readStored(blob.body);
      if (audio === undefined)
        log.error({ code: 'store_unreadable' }, 'stored audio ignored: its JSON is not readable');
      return audio === undefined || isExpired(audio.expiresAtMs) ? undefined : audio;
    },
    async read(id, range) {
      if (!ID.test(id)) return undefined;
      const blob = await blobs.read(`${nameOf(id)}.wav`, range);
      if (blob === undefined) return undefined;
      return isExpired(Number(blob.metadata['expires'])) ? undefined : blob.body;
    },
    async remove(id) {
      if (!ID.test(id)) return;
      // The JSON first: without it the links have ended.
      for (const ending of ['.json', '.wav']) await blobs.delete(nameOf(id) + ending);
    },
    forget: (conversation) => deleteAll(blobs, `${conversationPart(conversation)}/`),
  };
}

async function deleteAll(blobs: AzureBlobs, prefix: string): Promise<void> {
  const names: string[] = [];
  for await (const name of blobs.list(prefix)) names.push(name);
  while (names.length > 0) await Promise.all(names.splice(0, DELETES_AT_ONCE).map((name) => blobs.delete(name)));
}

function conversationPart(conversation: string): string {
  return createHash('sha256').update(conversation).digest('base64url').slice(0, CONVERSATION_CHARS);
}

function nameOf(id: string): string {
  return `${id.slice(0, CONVERSATION_CHARS)}/${id.slice(CONVERSATION_CHARS)}`;
}

/** `undefined` for what no version of the bot has written. */
function readStored(json: Buffer): StoredAudio | undefined {
  const fields = parsed(json);
  const text = (name: keyof StoredAudio) => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const number = (name: keyof StoredAudio) => (typeof fields[name] === 'number' ? fields[name] : undefined);
  const [id, linkKey, said, conversation] = [text('id'), text('linkKey'), text('text'), text('conversation')];
  const [durationMs, byteLength] = [number('durationMs'), number('byteLength')];
  const [savedAtMs, expiresAtMs] = [number('savedAtMs'), number('expiresAtMs')];
  if (id === undefined || linkKey === undefined || said === undefined || conversation === undefined) return undefined;
  if (durationMs === undefined || byteLength === undefined) return undefined;
  if (savedAtMs === undefined || expiresAtMs === undefined) return undefined;
  const locale = text('locale');
  return { id, linkKey, text: said, conversation, locale, durationMs, byteLength, savedAtMs, expiresAtMs };
}

function parsed(json: Buffer): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(json.toString()));
  } catch {
    return {};
  }
}
