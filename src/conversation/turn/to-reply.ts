import type { AudioStore } from '../../audio/audio-store.ts';
import { durationMs, type Pcm } from '../../audio/pcm.ts';
import { encodeWav } from '../../audio/wav.ts';
import type { Logger } from '../../log.ts';
import { apology, wordingFor } from '../../messages/messages.ts';
import type { Outcome } from '../../realtime/outcome.ts';
import type { Reply, ReplyAudio } from '../reply.ts';
import type { UserMessage } from '../user-message.ts';
import { paragraphs } from './reply-text.ts';

/** What making a reply takes. */
export interface ToReplyOptions {
  /** Whom it is for. */
  readonly message: Pick<UserMessage, 'key' | 'locale'>;
  readonly audioStore: AudioStore;
  readonly log: Logger;
  /** Named to the user when there is no answer. */
  readonly incident: string;
}

/** What the user gets for an outcome: every outcome has one reply. */
export async function toReply(outcome: Outcome, options: ToReplyOptions): Promise<Reply> {
  const words = wordingFor(options.message.locale);
  switch (outcome.kind) {
    case 'spoken':
      return { text: outcome.text || words.voiceReply, audio: await toAudio(outcome, options), isFromModel: true };
    case 'textOnly':
      return { text: outcome.text, audio: undefined, isFromModel: true };
    case 'cutShort':
      return cutShortReply(outcome, options);
    case 'failed':
      return { text: apology(outcome.error.code, options.incident, words), audio: undefined };
  }
}

async function cutShortReply(outcome: Extract<Outcome, { kind: 'cutShort' }>, options: ToReplyOptions): Promise<Reply> {
  const note = wordingFor(options.message.locale).cutShort[outcome.why];
  switch (outcome.why) {
    case 'length':
    case 'lost':
      return { text: paragraphs(outcome.text, note), audio: await toAudio(outcome, options), isFromModel: true };
    case 'filter':
      return { text: note, audio: undefined, addsToShown: true };
    case 'cancelled':
      return { text: outcome.text, audio: undefined, isFromModel: true };
  }
}

/** Text is authoritative: audio that cannot be made or kept never costs the text. */
async function toAudio(
  { pcm, text }: { pcm: Pcm; text: string },
  options: ToReplyOptions,
): Promise<ReplyAudio | undefined> {
  if (pcm.byteLength === 0) return undefined;
  const { audioStore, log, message } = options;
  try {
    const sound = { wav: await encodeWav(pcm), durationMs: durationMs(pcm.byteLength) };
    const saving = audioStore.save({ ...sound, text, conversation: message.key, locale: message.locale });
    const stored = await saving.catch((err: unknown) => {
      log.error({ err }, 'reply audio not stored');
      return undefined;
    });
    return { ...sound, stored };
  } catch (err) {
    log.error({ err }, 'reply audio not made');
    return undefined;
  }
}
