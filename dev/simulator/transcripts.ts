import type { Clock } from '../../src/clock.ts';
import { wordsOf } from './deltas.ts';
import type { Send, ServerEvent } from './events.ts';
import { type ClipDescription, transcriptOf } from './input-description.ts';
import type { Item } from './items.ts';
import type { Transcription } from './responder.ts';
import { inputAudioTokens, textTokens } from './usage.ts';

/** A clip for which no response is requested is transcribed after this time. */
const UNANSWERED_MS = 1_000;

/** A committed clip without a transcript. */
interface PendingClip {
  readonly itemId: string;
  readonly clip: ClipDescription;
  readonly model: unknown;
  readonly cancelTimer: () => void;
}

/**
 * Transcribes clips committed from the input audio buffer, in parallel to the responses, as the service does. The script
 * of the first response that sees a clip says how, so a transcript waits up to a second for that response.
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

  /** `model`: the transcription model of the session. It only decides how the usage is counted. */
  expect(itemId: string, clip: ClipDescription, model: unknown): void {
    const cancelTimer = this.#after(UNANSWERED_MS, () => this.#transcribe(this.#claim([itemId]), {}));
    this.#pending = [...this.#pending, { itemId, clip, model, cancelTimer }];
  }

  /** Transcribes the pending clips among the items of a response. `done` settles when the response has ended. */
  follow(context: readonly Item[], transcription: Transcription, done: Promise<void>): void {
    const clips = this.#claim(context.map(({ id }) => id));
    if (clips.length === 0 || transcription.never === true) return;
    const { delayMs } = transcription;
    const start = () => {
      if (delayMs === undefined) this.#transcribe(clips, transcription);
      else this.#after(delayMs, () => this.#transcribe(clips, transcription));
    };
    if (transcription.afterDone === true) void done.then(start);
    else start();
  }

  /** Cancels all timers. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
  }

  #claim(itemIds: readonly string[]): readonly PendingClip[] {
    const claimed = this.#pending.filter(({ itemId }) => itemIds.includes(itemId));
    this.#pending = this.#pending.filter((clip) => !claimed.includes(clip));
    for (const { cancelTimer } of claimed) cancelTimer();
    return claimed;
  }

  /** Returns the function that cancels the timer. */
  #after(delayMs: number, run: () => void): () => void {
    if (this.#isClosed) return () => {};
    const cancel = this.#clock.after(delayMs, run);
    this.#cancels.push(cancel);
    return cancel;
  }

  #transcribe(clips: readonly PendingClip[], { text, fails = false }: Transcription): void {
    for (const pending of clips) {
      const events = fails ? [failed(pending)] : completed(pending, text ?? transcriptOf(pending.clip));
      for (const event of events) this.#send(event);
    }
  }
}

const EVENT = 'conversation.item.input_audio_transcription';

function completed({ itemId, clip, model }: PendingClip, transcript: string): readonly ServerEvent[] {
  const position = { item_id: itemId, content_index: 0 };
  const deltas = wordsOf(transcript).map((delta) => ({ type: `${EVENT}.delta`, ...position, delta }));
  return [...deltas, { type: `${EVENT}.completed`, ...position, transcript, usage: usageOf(clip, transcript, model) }];
}

/** The service sends `code` and `param` as null, which its published schema does not allow: they are left out. */
function failed({ itemId }: PendingClip): ServerEvent {
  const error = { type: 'server_error', message: `Input transcription failed for item '${itemId}'.` };
  return { type: `${EVENT}.failed`, item_id: itemId, content_index: 0, error };
}

/** Whisper is billed by duration, other models by tokens. Both shapes are published. */
function usageOf({ durationMs }: ClipDescription, transcript: string, model: unknown): Record<string, unknown> {
  if (String(model).startsWith('whisper')) return { type: 'duration', seconds: durationMs / 1000 };
  const [audioTokens, outputTokens] = [inputAudioTokens(durationMs), textTokens(transcript)];
  return {
    type: 'tokens',
    total_tokens: audioTokens + outputTokens,
    input_tokens: audioTokens,
    input_token_details: { text_tokens: 0, audio_tokens: audioTokens },
    output_tokens: outputTokens,
  };
}
