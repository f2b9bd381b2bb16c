import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { jsonFieldsOf } from '../json-access.ts';
import type { Logger } from '../log.ts';
import type { AzureBlobs, Blob } from '../storage/azure-blobs.ts';
import { type AudioStore, type StoredAudio, toStored } from './audio-store.ts';

export interface AzureBlobAudioStoreOptions {
  /** A container only for audio. A lifecycle rule of the account deletes blobs after the retention. */
  readonly blobs: AzureBlobs;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** The length of a digest (66 bits), the prefix of all audio of a conversation. */
const CONVERSATION_CHARS = 11;
const ID = /^[A-Za-z0-9_-]{33}$/;
/** A save that fails within this time is repeated once, without a noticeable delay. */
const MAX_REPEAT_AFTER_MS = 500;
const MAX_PARALLEL_DELETES = 8;

/**
 * Stores audio in Azure Blob Storage as `<conversation>/<secret>.wav`, with a `.json` beside it for the details, which
 * are too long for metadata. An id consists of the conversation's digest and the secret.
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
    async save(reply) {
      const savedAtMs = clock.now();
      const secret = { id: conversationPart(reply.conversation) + ids.secret(), linkKey: ids.secret() };
      const audio = toStored(reply, secret, savedAtMs, retentionMs);
      // The connection may have been dead. Writing the same blob twice is safe.
      await write(audio, reply.wav).catch((error: unknown) => {
        if (clock.now() - savedAtMs > MAX_REPEAT_AFTER_MS) throw error;
        return write(audio, reply.wav);
      });
      return audio;
    },
    async find(id) {
      const blob = ID.test(id) ? await blobs.read(`${nameOf(id)}.json`) : undefined;
      if (blob === undefined) return undefined;
      const audio = readStored(id, blob);
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
      // Delete the JSON first: without it the links stop working.
      for (const ending of ['.json', '.wav']) await blobs.delete(nameOf(id) + ending);
    },
    forget: (conversation) => deleteAll(blobs, `${conversationPart(conversation)}/`),
  };
}

async function deleteAll(blobs: AzureBlobs, prefix: string): Promise<void> {
  const names: string[] = [];
  for await (const name of blobs.list(prefix)) names.push(name);
  while (names.length > 0) await Promise.all(names.splice(0, MAX_PARALLEL_DELETES).map((name) => blobs.delete(name)));
}

function conversationPart(conversation: string): string {
  return hash('sha256', conversation, 'base64url').slice(0, CONVERSATION_CHARS);
}

function nameOf(id: string): string {
  return `${id.slice(0, CONVERSATION_CHARS)}/${id.slice(CONVERSATION_CHARS)}`;
}

/** Returns `undefined` if the JSON is not a form that any version of the bot has written. */
function readStored(id: string, { body }: Blob): StoredAudio | undefined {
  const stored = jsonFieldsOf(body.toString());
  const isAudio =
    stored['id'] === id && typeof stored['linkKey'] === 'string' && Number.isFinite(stored['expiresAtMs']);
  // JSON has no `undefined`.
  return isAudio ? { locale: undefined, ...(stored as Omit<StoredAudio, 'locale'>) } : undefined;
}
