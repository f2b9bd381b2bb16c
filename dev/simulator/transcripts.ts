import type { Clock } from '../../src/clock.ts';
import { splitWords } from './deltas.ts';
import type { Send, ServerEvent } from './events.ts';
import { type ClipDescription, transcriptOf } from './input-description.ts';
import type { Transcription } from './responder.ts';
import { inputAudioTokens, textTokens } from './usage.ts';

/** A committed clip without a transcript. */
interface PendingClip {
  readonly itemId: string;
  readonly clip: ClipDescription;
}

/**
 * Transcribes clips committed from the input audio buffer, in parallel to the responses. Unlike the service, it waits
 * for the next response, because the script of that response configures the transcript.
 */
export class Transcripts {
  readonly #clock: Clock;
  readonly #send: Send;
  #pending: readonly PendingClip[] = [];
  readonly #cancels: (() => void)[] = [];
  #isClosed = false;

  constructor(clock: Clock, send: Send) {
    this.#clock = clock;
    this.#send = send;
  }

  addClip(itemId: string, clip: ClipDescription): void {
    this.#pending = [...this.#pending, { itemId, clip }];
  }

  /** Transcribes the pending clips. `done` settles when the response has ended. */
  transcribePending(transcription: Transcription, done: Promise<void>): void {
    const clips = this.#pending;
    this.#pending = [];
    if (clips.length === 0 || transcription.never === true) return;
    if (transcription.afterDone === true) void done.then(() => this.#start(clips, transcription));
    else this.#start(clips, transcription);
  }

  /** Cancels all timers. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
  }

  #start(clips: readonly PendingClip[], transcription: Transcription): void {
    const { delayMs } = transcription;
    if (delayMs === undefined) this.#transcribe(clips, transcription);
    else if (!this.#isClosed)
      this.#cancels.push(this.#clock.after(delayMs, () => this.#transcribe(clips, transcription)));
  }

  #transcribe(clips: readonly PendingClip[], { text, fails = false }: Transcription): void {
    for (const { itemId, clip } of clips) {
      const events = fails ? [failed(itemId)] : completed(itemId, clip, text ?? transcriptOf(clip));
      for (const event of events) this.#send(event);
    }
  }
}

const EVENT = 'conversation.item.input_audio_transcription';

function completed(itemId: string, { durationMs }: ClipDescription, transcript: string): readonly ServerEvent[] {
  const position = { item_id: itemId, content_index: 0 };
  const deltas = splitWords(transcript).map((delta) => ({ type: `${EVENT}.delta`, ...position, delta }));
  const usage = tokenUsage(inputAudioTokens(durationMs), textTokens(transcript));
  return [...deltas, { type: `${EVENT}.completed`, ...position, transcript, usage }];
}

/** The service sends `code` and `param` as null, which its published schema does not allow: they are left out. */
function failed(itemId: string): ServerEvent {
  const error = { type: 'server_error', message: `Input transcription failed for item '${itemId}'.` };
  return { type: `${EVENT}.failed`, item_id: itemId, content_index: 0, error };
}

function tokenUsage(audioTokens: number, outputTokens: number): Record<string, unknown> {
  return {
    type: 'tokens',
    total_tokens: audioTokens + outputTokens,
    input_tokens: audioTokens,
    input_token_details: { text_tokens: 0, audio_tokens: audioTokens },
    output_tokens: outputTokens,
  };
}
