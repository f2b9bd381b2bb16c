import { LRUCache } from 'lru-cache';
import { durationMs, toPcm } from '../../audio/pcm.ts';
import { encodeWav } from '../../audio/wav.ts';
import { AttachmentError, RequestError } from '../../errors.ts';
import { lruOptions } from '../../lru-options.ts';
import { type ShareBounds, Shares } from '../../shares.ts';
import type { Acceptance } from '../acceptance.ts';
import type { Conversations } from '../conversations.ts';
import type { Services } from '../services.ts';
import { personOf } from '../speakers.ts';
import type { RecordingLink, UserMessage } from '../user-message.ts';
import { findRecordingLink, ownerFields } from './recording-links.ts';

/**
 * What became of a recording. `gone`: its recording link was used, or has ended. `queueFull`: too many messages of its
 * conversation, or of its person, wait. `uploading`: another recording of the same person is being received. After
 * these two, `busy`, `draining` and `notStored`, the same link can be used again.
 */
export type RecordingResult = Exclude<Acceptance['kind'], 'duplicate'> | 'gone' | 'queueFull' | 'uploading';

/**
 * Recordings that are received and decoded at the same time. The decoder takes 9: one that it decodes, and 8 that wait.
 */
export const UPLOAD_BOUNDS: ShareBounds = { max: 8, maxPerPerson: 1 };
/** A link ends after this many invalid recordings. Each instance counts its own, so several instances allow more. */
const MAX_FAILED_UPLOADS = 5;
const MAX_COUNTED_LINKS = 50_000;

/** A complete recording is accepted even if its user has disconnected. */
const NEVER = new AbortController().signal;

/** What users record on the bot's own page. */
export class Recordings {
  readonly #conversations: Conversations;
  readonly #services: Services;
  readonly #uploads = new Shares(UPLOAD_BOUNDS);
  readonly #failedUploads = new LRUCache<string, number>(lruOptions(MAX_COUNTED_LINKS));

  constructor(conversations: Conversations, services: Services) {
    this.#conversations = conversations;
    this.#services = services;
  }

  /**
   * Finds a link by the token in its URL; `undefined` if it is unknown or has ended. It outlasts its page by 10
   * minutes: a recording that was begun in time may still be sent.
   */
  findLink(token: string): Promise<RecordingLink | undefined> {
    return findRecordingLink(token, this.#services.recordingLinks);
  }

  /**
   * Makes a recording the user's next message, once for each recording link. Calls `receive`, which gets its bytes,
   * only if it may be accepted: one at a time of each person, until 5 recordings were invalid (unreadable, too large,
   * of a wrong type). Rejects as `receive` does, with an AttachmentError if the recording cannot be read, and with a
   * StoreError; then the link stays.
   */
  async accept(recordingLink: RecordingLink, receive: () => Promise<Uint8Array>): Promise<RecordingResult> {
    const { id } = recordingLink;
    if (!(await this.#services.queue.hasRoom(recordingLink))) return 'queueFull';
    const person = personOf(recordingLink);
    const release = this.#uploads.acquire(person);
    if (release === undefined) return this.#uploads.hasShareLeft(person) ? 'busy' : 'uploading';
    try {
      if ((this.#failedUploads.get(id) ?? 0) < MAX_FAILED_UPLOADS)
        return await this.#acceptBytes(recordingLink, await receive());
      await this.#services.recordingLinks.claim(id);
      return 'gone';
    } catch (error) {
      if (isInvalid(error)) this.#failedUploads.set(id, (this.#failedUploads.get(id) ?? 0) + 1);
      throw error;
    } finally {
      release();
    }
  }

  async #acceptBytes(recordingLink: RecordingLink, bytes: Uint8Array): Promise<RecordingResult> {
    const { files, recordingLinks, audioStore, log } = this.#services;
    const { key: conversation, locale } = recordingLink;
    const pcm = await files.readers.clips.decode(bytes, NEVER);
    // The conversation may have been forgotten during a long upload: nothing of it is stored.
    if ((await recordingLinks.find(recordingLink.id)) === undefined) return 'gone';
    const wav = await encodeWav(toPcm([pcm]));
    const audio = await audioStore.save({
      wav,
      durationMs: durationMs(pcm.byteLength),
      text: '',
      conversation,
      locale,
    });
    if (audio === undefined) return 'busy';
    const message = messageOf(recordingLink, audio.id);
    const result = await this.#acceptMessage(message, recordingLink);
    if (result === 'accepted')
      log.info({ conversation, activity: message.activityId, durationMs: audio.durationMs }, 'recording accepted');
    // The write may have succeeded although it reported failure, so keep the recording.
    else if (result !== 'notStored')
      await audioStore
        .remove(audio.id)
        .catch((err: unknown) => log.warn({ err, conversation }, 'recording not removed'));
    return result;
  }

  async #acceptMessage(message: UserMessage, recordingLink: RecordingLink): Promise<RecordingResult> {
    if (!(await this.#services.queue.hasRoom(message))) return 'queueFull';
    const { kind } = await this.#conversations.accept(message, this.#services.channel.byChannelCall(message.reference));
    if (kind === 'duplicate') return 'gone';
    if (kind !== 'accepted' || (await this.#useUp(recordingLink))) return kind;
    await this.#conversations.withdraw(message);
    return 'gone';
  }

  /** False if the conversation was forgotten meanwhile. The message is accepted by now: a failure here is no error. */
  async #useUp({ id, key: conversation }: RecordingLink): Promise<boolean> {
    const { recordingLinks, log } = this.#services;
    try {
      return await recordingLinks.claim(id);
    } catch {
      // The first delete may have succeeded; the result of the retry proves nothing.
      await recordingLinks
        .claim(id)
        .catch((err: unknown) => log.warn({ err, conversation }, 'used recording link not removed'));
      return true;
    }
  }
}

/**
 * Whether the recording itself was at fault, by its kind, size or the time that it takes, and not a crowd, a store that
 * does not answer or a broken connection.
 */
function isInvalid(error: unknown): boolean {
  if (error instanceof AttachmentError) return error.code !== 'busy';
  return error instanceof RequestError && (error.code === 'too_large' || error.code === 'unsupported_media_type');
}

/** Named after its recording link, so that it is answered once on whichever instance it arrives. */
function messageOf(recordingLink: RecordingLink, audioId: string): UserMessage {
  const attachments = [{ kind: 'recording', audioId }] as const;
  return {
    ...ownerFields(recordingLink),
    activityId: `talk-${recordingLink.id}`,
    expectsReplies: false,
    text: '',
    attachments,
  };
}
