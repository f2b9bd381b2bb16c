import { paragraphs } from '../../paragraphs.ts';
import { isTranscribed } from '../../realtime/content.ts';
import { LiveText } from '../../realtime/live-text.ts';
import type { ServerEvent } from '../../realtime/server-event.ts';
import { TranscriptionTracker } from '../../realtime/transcription-tracker.ts';
import type { ReplySender } from '../reply.ts';
import { headingOf } from './compose-reply.ts';
import type { Prompt } from './prompt.ts';
import type { Turn } from './turn.ts';

/** How long text waits for the transcript of clips; then the answer is shown without it. */
const MAX_TRANSCRIPT_WAIT_MS = 1_500;

/** Shows an answer while it is made. */
export interface ReplyStream {
  readonly onEvent: (event: ServerEvent) => void;
  /** What was shown above the answer, and stays: may be empty. `undefined` while nothing of the answer is shown. */
  readonly heading: () => string | undefined;
}

/**
 * Shows the answer while it is made, and above it the transcript of clips or the decision that it carries out. Nothing that
 * was shown is removed: the heading is fixed when the first words are shown.
 */
export function streamReply(sender: ReplySender, { parts, settings, decided }: Prompt, turn: Turn): ReplyStream {
  const { job, message, telemetry, services } = turn;
  const { clock } = services;
  const live = new LiveText(job.id, settings.modality);
  const clips = settings.transcriptionModel === undefined ? 0 : parts.filter(isTranscribed).length;
  let transcription = new TranscriptionTracker(clock, clips);
  let textSinceMs: number | undefined;
  let shownHeading: string | undefined;
  const isHeadingFixed = (nowMs: number) =>
    shownHeading !== undefined || transcription.isComplete || nowMs - (textSinceMs ?? nowMs) >= MAX_TRANSCRIPT_WAIT_MS;
  const onEvent = (event: ServerEvent) => {
    // Another attempt sends the clips again.
    if (event.kind === 'audioCommitted' && transcription.hasAllItems)
      transcription = new TranscriptionTracker(clock, clips);
    transcription.accept(event);
    if (event.kind === 'audioDelta') telemetry.recordFirst('timeToFirstAudio');
    if (live.accept(event)) {
      telemetry.recordFirst('timeToFirstText');
      textSinceMs ??= clock.now();
    } else if (event.kind !== 'transcript') return;
    if (textSinceMs === undefined || !isHeadingFixed(clock.now())) return;
    const heading = shownHeading ?? (transcription.isComplete ? headingOf(transcription.text(), decided, message) : '');
    shownHeading = heading;
    sender.showText(() => paragraphs(heading, live.text()));
  };
  return { onEvent, heading: () => shownHeading };
}
