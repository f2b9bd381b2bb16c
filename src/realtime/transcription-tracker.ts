import { type Clock, sleep } from '../clock.ts';
import type { ServerEvent } from './server-event.ts';

/** How long to wait for transcripts after the answer. */
const TRANSCRIPT_WAIT_MS = 3_000;

/** Collects the transcripts of the clips of one turn. They come at any time, also after the answer. */
export class TranscriptionTracker {
  readonly #clock: Clock;
  readonly #expected: number;
  /** The items of the clips, in order, with their transcripts; `undefined` = none so far. */
  readonly #items = new Map<string, string | undefined>();
  readonly #settled = new Set<string>();
  readonly #completed = new AbortController();

  /** `expected`: the number of clips that were sent to be transcribed. */
  constructor(clock: Clock, expected: number) {
    this.#clock = clock;
    this.#expected = expected;
  }

  /** Whether all transcripts have come, or failed. */
  get isComplete(): boolean {
    return this.#settled.size >= this.#expected;
  }

  /** Whether all clips are items. */
  get isFull(): boolean {
    return this.#expected > 0 && this.#items.size >= this.#expected;
  }

  accept(event: ServerEvent): void {
    if (event.kind === 'audioCommitted' && this.#items.size < this.#expected) this.#items.set(event.itemId, undefined);
    if (event.kind !== 'transcript' || !this.#items.has(event.itemId)) return;
    this.#items.set(event.itemId, event.text?.trim() || undefined);
    this.#settled.add(event.itemId);
    if (this.isComplete) this.#completed.abort();
  }

  /** All transcripts together; `undefined` where there is none. */
  text(): string | undefined {
    const texts = [...this.#items.values()].filter((text) => text !== undefined);
    return texts.length === 0 ? undefined : texts.join(' ');
  }

  /** Resolves when it is complete, after 3 s, or when `signal` is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.isComplete) return;
    await sleep(this.#clock, TRANSCRIPT_WAIT_MS, AbortSignal.any([this.#completed.signal, signal])).catch(() => {});
  }
}
