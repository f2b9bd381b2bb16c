import { paragraphs } from '../../paragraphs.ts';
import { LiveText } from '../../realtime/live-text.ts';
import type { TurnListener } from '../../realtime/turn-input.ts';
import type { ReplySender } from '../reply.ts';
import { headingOf } from './compose-reply.ts';
import type { Prompt } from './prompt.ts';
import type { Turn } from './turn.ts';

/** How long text waits for the transcript of clips; then the answer is shown without it. */
const MAX_TRANSCRIPT_WAIT_MS = 1_500;

/** Shows an answer while it is made. */
export interface ReplyStream {
  readonly onEvent: TurnListener;
  /** See `shownHeading` of a ModelAnswer. */
  readonly heading: () => string | undefined;
}

/**
 * Shows the answer while it is made, and above it the transcript of clips or the decision that it carries out. Nothing
 * that was shown is removed: the heading is fixed when the first words are shown.
 */
export function streamReply(sender: ReplySender, { settings, decided }: Prompt, turn: Turn): ReplyStream {
  const { job, telemetry, services } = turn;
  const { clock } = services;
  const live = new LiveText(job.id, settings.modality);
  let textSinceMs: number | undefined;
  let shownHeading: string | undefined;
  const onEvent: TurnListener = (event, transcription) => {
    if (event.kind === 'audioDelta') telemetry.recordFirst('timeToFirstAudio');
    const hasNewText = live.accept(event);
    if (hasNewText) {
      telemetry.recordFirst('timeToFirstText');
      textSinceMs ??= clock.now();
    }
    // A transcript may complete the heading that earlier text waits for.
    if (textSinceMs === undefined || !(hasNewText || event.kind === 'transcript')) return;
    const waitsForTranscript = !transcription.isComplete && clock.now() - textSinceMs < MAX_TRANSCRIPT_WAIT_MS;
    if (shownHeading === undefined && waitsForTranscript) return;
    shownHeading ??= transcription.isComplete ? headingOf(transcription.text(), decided, turn) : '';
    const heading = shownHeading;
    sender.showText(() => paragraphs(heading, live.text()));
  };
  return { onEvent, heading: () => (sender.showsText ? shownHeading : undefined) };
}
