import type { Clock } from '../../src/clock.ts';
import { wordsOf } from './deltas.ts';
import type { Send, ServerEvent } from './events.ts';
import { type ClipDescription, transcriptOf } from './input-description.ts';
import type { Item } from './items.ts';
import type { Transcription } from './responder.ts';
import { heardTokens, textTokens } from './usage.ts';

/** A client that asks for no answer gets the transcript of its clip after this. */
const ALONE_MS = 1_000;

/** A committed clip that is still to be transcribed. */
interface Waiting {
  readonly itemId: string;
  readonly clip: ClipDescription;
  readonly model: unknown;
  readonly forgetTimer: () => void;
}

/**
 * Transcribes what was committed from the input audio buffer, beside the responses, as the service does. How is said by
 * the performance of the first response that is shown the clip; so the transcript waits for that for a second.
 */
export class Transcripts {
  readonly #clock: Clock;
  readonly #send: Send;
  #waiting: readonly Waiting[] = [];
  readonly #timers = new Set<() => void>();
  #isClosed = false;

  constructor(clock: Clock, send: Send) {
    this.#clock = clock;
    this.#send = send;
  }

  /** `model`: as the session names it; it only decides how the usage is counted. */
  expect(itemId: string, clip: ClipDescription, model: unknown): void {
    const forgetTimer = this.#after(ALONE_MS, () => this.#transcribe(this.#take([itemId]), {}));
    this.#waiting = [...this.#waiting, { itemId, clip, model, forgetTimer }];
  }

  /** Transcribes what waits among the items of a response. `done` settles when the response has ended. */
  follow(context: readonly Item[], plan: Transcription, done: Promise<void>): void {
    const taken = this.#take(context.map(({ id }) => id));
    if (taken.length === 0 || plan.never === true) return;
    const start = () => {
      if (plan.delayMs === undefined) this.#transcribe(taken, plan);
      else this.#after(plan.delayMs, () => this.#transcribe(taken, plan));
    };
    if (plan.afterDone === true) void done.then(start);
    else start();
  }

  /** Nothing is transcribed any more. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const forgetTimer of this.#timers) forgetTimer();
    this.#timers.clear();
  }

  #take(itemIds: readonly string[]): readonly Waiting[] {
    const taken = this.#waiting.filter(({ itemId }) => itemIds.includes(itemId));
    this.#waiting = this.#waiting.filter((waiting) => !taken.includes(waiting));
    for (const { forgetTimer } of taken) forgetTimer();
    return taken;
  }

  /** Returns how to forget it. */
  #after(delayMs: number, run: () => void): () => void {
    if (this.#isClosed) return () => {};
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(forget);
      run();
    });
    const forget = () => {
      this.#timers.delete(forget);
      cancel();
    };
    this.#timers.add(forget);
    return forget;
  }

  #transcribe(clips: readonly Waiting[], { text, fails = false }: Transcription): void {
    for (const waiting of clips) {
      const transcript = text ?? transcriptOf(waiting.clip);
      for (const event of fails ? [failed(waiting)] : completed(waiting, transcript)) this.#send(event);
    }
  }
}

const EVENT = 'conversation.item.input_audio_transcription';

function completed({ itemId, clip, model }: Waiting, transcript: string): readonly ServerEvent[] {
  const place = { item_id: itemId, content_index: 0 };
  const deltas = wordsOf(transcript).map((delta) => ({ type: `${EVENT}.delta`, ...place, delta }));
  return [...deltas, { type: `${EVENT}.completed`, ...place, transcript, usage: usageOf(clip, transcript, model) }];
}

/** Seen on the wire with `code` and `param` null, which the published description does not allow; so they are left out. */
function failed({ itemId }: Waiting): ServerEvent {
  const error = { type: 'server_error', message: `Input transcription failed for item '${itemId}'.` };
  return { type: `${EVENT}.failed`, item_id: itemId, content_index: 0, error };
}

/** Whisper is billed by duration, the other models by tokens; both shapes are published. */
function usageOf({ durationMs }: ClipDescription, transcript: string, model: unknown): Record<string, unknown> {
  if (String(model).startsWith('whisper')) return { type: 'duration', seconds: durationMs / 1000 };
  const [heard, written] = [heardTokens(durationMs), textTokens(transcript)];
  return {
    type: 'tokens',
    total_tokens: heard + written,
    input_tokens: heard,
    input_token_details: { text_tokens: 0, audio_tokens: heard },
    output_tokens: written,
  };
}
