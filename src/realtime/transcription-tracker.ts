import { type Clock, sleep } from '../clock.ts';
import type { ServerEvent } from './server-event.ts';

/** How long after the answer what was heard is waited for. */
const TRANSCRIPT_WAIT_MS = 3_000;

/** What the service understood of the clips of one turn. Its words come whenever they come, also after the answer. */
export class TranscriptionTracker {
  readonly #clock: Clock;
  readonly #expected: number;
  /** The items that our clips became, in order, with what was understood of each; `undefined` = nothing, so far. */
  readonly #items = new Map<string, string | undefined>();
  readonly #settled = new Set<string>();
  readonly #over = new AbortController();

  /** `expected`: how many clips were sent to be transcribed. */
  constructor(clock: Clock, expected: number) {
    this.#clock = clock;
    this.#expected = expected;
  }

  /** Whether no more is to come. */
  get isComplete(): boolean {
    return this.#settled.size >= this.#expected;
  }

  /** Whether all clips are items by now. */
  get isFull(): boolean {
    return this.#expected > 0 && this.#items.size >= this.#expected;
  }

  accept(event: ServerEvent): void {
    if (event.kind === 'audioCommitted' && this.#items.size < this.#expected) this.#items.set(event.itemId, undefined);
    if (event.kind !== 'transcript' || !this.#items.has(event.itemId)) return;
    this.#items.set(event.itemId, event.text?.trim() || undefined);
    this.#settled.add(event.itemId);
    if (this.isComplete) this.#over.abort();
  }

  /** What was understood, all clips together; `undefined` where there is nothing. */
  text(): string | undefined {
    const texts = [...this.#items.values()].filter((text) => text !== undefined);
    return texts.length === 0 ? undefined : texts.join(' ');
  }

  /** Resolves when it is complete, when it has been waited for long enough, or when `signal` is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.isComplete) return;
    await sleep(this.#clock, TRANSCRIPT_WAIT_MS, AbortSignal.any([this.#over.signal, signal])).catch(() => {});
  }
}
