import type { AudioLibrary } from '../audio/library.ts';
import { durationMs, type Pcm } from '../audio/pcm.ts';
import { encodeWav } from '../audio/wav.ts';
import type { Logger } from '../log.ts';
import type { Outcome } from '../realtime/outcome.ts';
import { apology, cutShortNote, wording } from '../wording.ts';
import type { Reply, ReplyAudio } from './turn.ts';

/** What making a reply takes. */
export interface ReplyDeps {
  readonly library: AudioLibrary;
  readonly log: Logger;
  /** Named to the user when there is no answer. */
  readonly incident: string;
}

/** What the user gets for an outcome: every outcome has one reply. */
export async function toReply(outcome: Outcome, deps: ReplyDeps): Promise<Reply> {
  switch (outcome.kind) {
    case 'spoken':
      return { text: outcome.text || wording.voiceReply, audio: await toAudio(outcome.pcm, deps), isFromModel: true };
    case 'textOnly':
      return { text: outcome.text, audio: undefined, isFromModel: true };
    case 'cutShort':
      return cutShortReply(outcome, deps);
    case 'failed':
      return { text: apology(outcome.error.code, deps.incident), audio: undefined };
  }
}

async function cutShortReply(outcome: Extract<Outcome, { kind: 'cutShort' }>, deps: ReplyDeps): Promise<Reply> {
  const note = cutShortNote(outcome.why);
  switch (outcome.why) {
    case 'length':
    case 'lost':
      return { text: paragraphs(outcome.text, note), audio: await toAudio(outcome.pcm, deps), isFromModel: true };
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
async function toAudio(pcm: Pcm, { library, log }: ReplyDeps): Promise<ReplyAudio | undefined> {
  if (pcm.byteLength === 0) return undefined;
  try {
    const wav = await encodeWav(pcm);
    const id = await library.save(wav).catch((err: unknown) => {
      log.error({ err }, 'reply audio was not kept');
      return undefined;
    });
    return { id, wav, durationMs: durationMs(pcm.byteLength) };
  } catch (err) {
    log.error({ err }, 'reply audio was not made');
    return undefined;
  }
}
