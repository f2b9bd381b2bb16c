import { type Clock, sleep } from '../clock.ts';
import type { ServerEvent } from './server-event.ts';

/** How long to wait for transcripts after the answer. */
const TRANSCRIPT_WAIT_MS = 3_000;

/** Collects the transcripts of a turn's clips. They may come at any time, even after the answer. */
export class TranscriptionTracker {
  readonly #clipCount: number;
  /** The items of the clips, in order, with their transcripts: empty if it failed, `undefined` until it comes. */
  readonly #items = new Map<string, string | undefined>();
  readonly #completed = new AbortController();

  /** `clipCount` is the number of clips that were sent for transcription. */
  constructor(clipCount: number) {
    this.#clipCount = clipCount;
  }

  /** Whether all transcripts have come or failed. */
  get isComplete(): boolean {
    return this.#transcripts().length >= this.#clipCount;
  }

  accept(event: ServerEvent): void {
    if (event.kind === 'audioCommitted' && this.#items.size < this.#clipCount) this.#items.set(event.itemId, undefined);
    if (event.kind !== 'transcript' || !this.#items.has(event.itemId)) return;
    this.#items.set(event.itemId, event.text?.trim() ?? '');
    if (this.isComplete) this.#completed.abort();
  }

  /** Returns all transcripts together; `undefined` if there is none. */
  text(): string | undefined {
    const texts = this.#transcripts().filter((text) => text !== '');
    return texts.length === 0 ? undefined : texts.join(' ');
  }

  #transcripts(): string[] {
    return [...this.#items.values()].filter((text) => text !== undefined);
  }

  /** Resolves when all transcripts have come, after 3 s, or when `signal` is aborted. */
  async wait(clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.isComplete) return;
    await sleep(clock, TRANSCRIPT_WAIT_MS, AbortSignal.any([this.#completed.signal, signal])).catch(() => {});
  }
}
