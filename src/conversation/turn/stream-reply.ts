import type { SessionSettings } from '../../config/config.ts';
import { wordingFor } from '../../messages/messages.ts';
import { isTranscribed } from '../../realtime/content.ts';
import { Hearing } from '../../realtime/hearing.ts';
import type { ServerEvent } from '../../realtime/server-event.ts';
import type { ReplySink } from '../reply.ts';
import { speakerOf } from '../speakers.ts';
import type { TurnDeps } from '../turn-deps.ts';
import type { UserMessage } from '../user-message.ts';
import { LiveText } from './live-text.ts';
import type { Attached } from './read-attachments.ts';

/** What comes between the parts of one message. */
const BREAK = '\n\n';
/** So long what was understood is waited for once there is text; then the answer is shown without it. */
const TRANSCRIPT_PATIENCE_MS = 1_500;

/** Joins what is there. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(BREAK);
}

/** What stands above an answer of what was understood of voice messages; empty where nothing was. */
export function heardLine(heard: string | undefined, turn: Pick<UserMessage, 'locale' | 'scope' | 'user'>): string {
  return heard === undefined ? '' : wordingFor(turn.locale).attachments.heard(heard, speakerOf(turn));
}

/** Follows an answer while it is made. */
export interface Following {
  readonly onEvent: (event: ServerEvent) => void;
  /** What was shown above the answer, which stays; `undefined` while nothing of it is shown. */
  readonly above: () => string | undefined;
}

/**
 * Shows the answer while it is made, and above it what was understood of clips that are transcribed. Nothing that was
 * shown is taken back: what is above it is settled when the first words are shown.
 */
export function follow(
  turn: UserMessage,
  { after }: Pick<Attached, 'after'>,
  sink: ReplySink,
  { modality, transcriptionModel }: SessionSettings,
  { turnId, watch, clock }: TurnDeps,
): Following {
  const live = new LiveText(turnId, modality);
  const clips = transcriptionModel === undefined ? 0 : after.filter(isTranscribed).length;
  let hearing = new Hearing(clock, clips);
  let textSinceMs: number | undefined;
  let above: string | undefined;
  const isSettled = (nowMs: number) =>
    above !== undefined || hearing.isComplete || nowMs - (textSinceMs ?? nowMs) >= TRANSCRIPT_PATIENCE_MS;
  const onEvent = (event: ServerEvent) => {
    // The clips of one more attempt, whose session has them anew.
    if (event.kind === 'soundCommitted' && hearing.isFull) hearing = new Hearing(clock, clips);
    hearing.accept(event);
    if (event.kind === 'audioDelta') watch.firstAudio();
    if (live.accept(event)) {
      watch.firstText();
      textSinceMs ??= clock.now();
    } else if (event.kind !== 'transcript') return;
    if (textSinceMs === undefined || !isSettled(clock.now())) return;
    const heading = above ?? (hearing.isComplete ? heardLine(hearing.text(), turn) : '');
    above = heading;
    sink.showText(() => paragraphs(heading, live.text()));
  };
  return { onEvent, above: () => above };
}
