import { LRUCache } from 'lru-cache';
import type { AudioStore } from '../../audio/audio-store.ts';
import type { ClipDecoder } from '../../audio/clip/clip-decoder.ts';
import { toPcm } from '../../audio/pcm.ts';
import { encodeWav } from '../../audio/wav.ts';
import type { Clock } from '../../clock.ts';
import { AttachmentError, RequestError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { lruOptions } from '../../lru-options.ts';
import { type ShareBounds, Shares } from '../../shares.ts';
import type { Acceptance, MessageName } from '../acceptance.ts';
import type { Respond } from '../reply.ts';
import { personOf } from '../speakers.ts';
import type { MessageReference, UserMessage } from '../user-message.ts';
import { findRecordingLink, type RecordingLink, type RecordingLinks } from './recording-links.ts';

/** What recordings become messages of. */
export interface RecordingAcceptor {
  accept(message: UserMessage, respond: Respond): Promise<Acceptance>;
  hasRoom(key: string): Promise<boolean>;
  withdraw(message: MessageName): Promise<unknown>;
}

/** What taking recordings needs. */
export interface RecordingsDeps {
  readonly recordingLinks: RecordingLinks;
  readonly clips: Pick<ClipDecoder, 'decode'>;
  readonly audioStore: AudioStore;
  readonly conversations: RecordingAcceptor;
  /** The way back to whoever was invited. */
  readonly later: (reference: MessageReference) => Respond;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What became of a recording. `gone`: its recording link was used, or has ended, meanwhile. `full`, `queueFull` (too many
 * messages of its conversation wait), `uploading` (another recording of the same person is being received), `draining`,
 * `notStored`: it was not taken, and may be sent again by the same recording link.
 */
export type RecordingResult =
  | 'accepted'
  | 'gone'
  | 'queueFull'
  | 'uploading'
  | Exclude<Acceptance['kind'], 'accepted' | 'duplicate'>;

/** What users say on the bot's own page. */
export interface Recordings {
  /** Whom the page is shown to; `undefined` for a link that leads nowhere, or not any more. */
  guestOf(link: string): Promise<RecordingLink | undefined>;
  /** Whose recording is still taken: what was begun in time may be sent for a while longer. */
  speakerOf(link: string): Promise<RecordingLink | undefined>;
  /**
   * Makes a recording the user's next message, once for each recording link. `receive` is called, and gets its bytes, only
   * where it may be taken: one at a time of each person, until 5 recordings were refused for what they are. Rejects as
   * `receive` does; with an AttachmentError where the recording cannot be read, and with a StoreError: then the
   * recording link stays.
   */
  accept(recordingLink: RecordingLink, receive: () => Promise<Uint8Array>): Promise<RecordingResult>;
}

/** Recordings that are received and decoded at the same time. Half of them leave room in the decoder's queue. */
export const UPLOAD_BOUNDS: ShareBounds = { max: 8, maxPerPerson: 1 };
/** A link ends after so many refused recordings. Each process counts its own: several instances allow as many times more. */
const MAX_TRIES = 5;
const MAX_COUNTED_INVITATIONS = 50_000;

/** Whoever sent it may have gone; what arrived whole is taken all the same. */
const NEVER = new AbortController().signal;

/** Recordings become messages of these conversations. */
export function createRecordings(deps: RecordingsDeps): Recordings {
  const { recordingLinks, clips, audioStore, conversations, later, clock, log } = deps;
  const uploads = new Shares(UPLOAD_BOUNDS);
  const tries = new LRUCache<string, number>(lruOptions(MAX_COUNTED_INVITATIONS));

  /** Ends a recording link of which too many recordings were refused. */
  async function hasTriesLeft({ id }: RecordingLink): Promise<boolean> {
    if ((tries.get(id) ?? 0) < MAX_TRIES) return true;
    await recordingLinks.claim(id);
    return false;
  }

  /** `undefined` where there is no room for it at all. */
  async function keep(pcm: Uint8Array, lengthMs: number, { key, locale }: RecordingLink): Promise<string | undefined> {
    const wav = await encodeWav(toPcm([pcm]));
    return (await audioStore.save({ wav, durationMs: lengthMs, text: '', conversation: key, locale }))?.id;
  }

  /** False where another instance has. The message is accepted by now: it is no error when this fails. */
  async function useUp({ id, key }: RecordingLink): Promise<boolean> {
    try {
      return await recordingLinks.claim(id);
    } catch {
      // Once more: a connection may have died unnoticed. That it is gone now says nothing of who has done it.
      const note = (err: unknown) => log.warn({ err, conversation: key }, 'used recording link not removed');
      await recordingLinks.claim(id).catch(note);
      return true;
    }
  }

  /** Nobody will ask for it. What cannot be removed ends with its retention. */
  async function drop(audioId: string, { key }: RecordingLink): Promise<void> {
    const note = (err: unknown) => log.warn({ err, conversation: key }, 'a recording of no use was not removed');
    await audioStore.remove(audioId).catch(note);
  }

  /** The recording stays where it may be asked for, and nowhere else. */
  async function handOn(recordingLink: RecordingLink, audioId: string, durationMs: number): Promise<RecordingResult> {
    const turn = spokenTurn(recordingLink, audioId);
    const accepted = (await conversations.hasRoom(turn.key))
      ? await conversations.accept(turn, later(turn.reference))
      : ({ kind: 'queueFull' } as const);
    switch (accepted.kind) {
      case 'accepted':
        if (!(await useUp(recordingLink))) {
          // The conversation was told to be forgotten meanwhile.
          await conversations.withdraw(turn);
          await drop(audioId, recordingLink);
          return 'gone';
        }
        log.info({ conversation: turn.key, activity: turn.activityId, durationMs }, 'a recording was taken');
        return 'accepted';
      case 'duplicate':
        await drop(audioId, recordingLink);
        return 'gone';
      case 'notStored':
        // Nobody knows: the message may be stored all the same. Then its recording has to be there.
        return 'notStored';
      case 'draining':
      case 'full':
      case 'queueFull':
        await drop(audioId, recordingLink);
        return accepted.kind;
    }
  }

  async function takeBytes(recordingLink: RecordingLink, bytes: Uint8Array): Promise<RecordingResult> {
    const { pcm, durationMs } = await clips.decode(bytes, NEVER);
    // It may have been long under way: nothing is kept of a conversation that was told to be forgotten meanwhile.
    if ((await recordingLinks.find(recordingLink.id)) === undefined) return 'gone';
    const audioId = await keep(pcm, durationMs, recordingLink);
    if (audioId === undefined) return 'full';
    return handOn(recordingLink, audioId, durationMs);
  }

  return {
    async guestOf(link) {
      const recordingLink = await findRecordingLink(link, recordingLinks);
      return recordingLink !== undefined && clock.now() < recordingLink.opensUntilMs ? recordingLink : undefined;
    },
    speakerOf: (link) => findRecordingLink(link, recordingLinks),
    async accept(recordingLink, receive) {
      if (!(await conversations.hasRoom(recordingLink.key))) return 'queueFull';
      const person = personOf(recordingLink);
      const release = uploads.acquire(person);
      if (release === undefined) return uploads.hasShareLeft(person) ? 'full' : 'uploading';
      try {
        return (await hasTriesLeft(recordingLink)) ? await takeBytes(recordingLink, await receive()) : 'gone';
      } catch (error) {
        if (isRefusal(error)) tries.set(recordingLink.id, (tries.get(recordingLink.id) ?? 0) + 1);
        throw error;
      } finally {
        release();
      }
    },
  };
}

/**
 * Whether it is the recording that was refused, for what it is or the time that it takes. A crowd, a store that does not
 * answer and a broken connection are no fault of it, and happen to one upload of a person at a time.
 */
function isRefusal(error: unknown): boolean {
  if (error instanceof AttachmentError) return error.code !== 'busy';
  return error instanceof RequestError && (error.code === 'too_large' || error.code === 'unsupported_media_type');
}

/** Named after its recording link, so that it is the same message whoever takes it, and is answered once. */
function spokenTurn(recordingLink: RecordingLink, audioId: string): UserMessage {
  const { id, key, channel, scope, user, personKey, isAllowed, locale, reference } = recordingLink;
  return {
    ...{ key, channel, scope, user, personKey, isAllowed, locale, reference },
    activityId: `talk-${id}`,
    isInBand: false,
    text: '',
    attachments: [{ kind: 'recording', audioId }],
  };
}
