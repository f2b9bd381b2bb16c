import type { AudioStore } from '../../audio/audio-store.ts';
import { durationMs, type Pcm } from '../../audio/pcm.ts';
import { encodeWav } from '../../audio/wav.ts';
import type { Logger } from '../../log.ts';
import { apology, wordingFor } from '../../messages/messages.ts';
import type { Outcome } from '../../realtime/outcome.ts';
import type { Reply, ReplyAudio } from '../reply.ts';
import type { UserMessage } from '../user-message.ts';

/** What making a reply takes. */
export interface ReplyDeps {
  /** Whom it is for. */
  readonly turn: Pick<UserMessage, 'key' | 'locale'>;
  readonly audioStore: AudioStore;
  readonly log: Logger;
  /** Named to the user when there is no answer. */
  readonly incident: string;
}

/** What the user gets for an outcome: every outcome has one reply. */
export async function toReply(outcome: Outcome, deps: ReplyDeps): Promise<Reply> {
  const words = wordingFor(deps.turn.locale);
  switch (outcome.kind) {
    case 'spoken':
      return { text: outcome.text || words.voiceReply, audio: await toAudio(outcome, deps), isFromModel: true };
    case 'textOnly':
      return { text: outcome.text, audio: undefined, isFromModel: true };
    case 'cutShort':
      return cutShortReply(outcome, deps);
    case 'failed':
      return { text: apology(outcome.error.code, deps.incident, words), audio: undefined };
  }
}

async function cutShortReply(outcome: Extract<Outcome, { kind: 'cutShort' }>, deps: ReplyDeps): Promise<Reply> {
  const note = wordingFor(deps.turn.locale).cutShort[outcome.why];
  switch (outcome.why) {
    case 'length':
    case 'lost':
      return { text: paragraphs(outcome.text, note), audio: await toAudio(outcome, deps), isFromModel: true };
    case 'filter':
      return { text: note, audio: undefined, addsToShown: true };
    case 'cancelled':
      return { text: outcome.text, audio: undefined, isFromModel: true };
  }
}

function paragraphs(...parts: string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Text is authoritative: audio that cannot be made or kept never costs the text. */
async function toAudio({ pcm, text }: { pcm: Pcm; text: string }, deps: ReplyDeps): Promise<ReplyAudio | undefined> {
  if (pcm.byteLength === 0) return undefined;
  const { audioStore, log, turn } = deps;
  try {
    const sound = { wav: await encodeWav(pcm), durationMs: durationMs(pcm.byteLength) };
    const kept = audioStore.save({ ...sound, text, conversation: turn.key, locale: turn.locale });
    const stored = await kept.catch((err: unknown) => {
      log.error({ err }, 'reply audio was not kept');
      return undefined;
    });
    return { ...sound, stored };
  } catch (err) {
    log.error({ err }, 'reply audio was not made');
    return undefined;
  }
}
