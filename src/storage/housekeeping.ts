import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { BlobFacts, Blobs } from './blobs.ts';
import { removeOlderThan } from './removal.ts';
import { FOLDERS } from './storage.ts';

/** What is kept for how long. */
export interface HousekeepingOptions {
  readonly state: Blobs;
  readonly audio: Blobs;
  readonly recordRetentionMs: number;
  readonly audioRetentionMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FIRST_MS = 5 * MINUTE_MS;
const FIRST_SPREAD_MS = 10 * MINUTE_MS;
const SPREAD_MS = HOUR_MS;
/** Channels repeat a message within minutes. */
const DONE_FOR_MS = HOUR_MS;
const SPENDING_FOR_MS = 2 * DAY_MS;
/** They hold for a quarter of an hour. */
const INVITATIONS_FOR_MS = HOUR_MS;

/** One kind of what becomes too old. */
interface Rule {
  readonly blobs: Blobs;
  readonly prefix: string;
  readonly keptMs: number;
  readonly fits?: (facts: BlobFacts) => boolean;
}

/**
 * Removes what is too old: once a day, at times that differ between the instances; the first time 5 to 15 minutes after
 * the start. Accepted messages that nobody has answered stay, however old they are.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #closed = new AbortController();
  #forget: (() => void) | undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Once. */
  start(): void {
    this.#runAfter(FIRST_MS, FIRST_SPREAD_MS);
  }

  /** What is under way ends with the blobs that are being deleted. Safe to call twice. */
  close(): void {
    this.#closed.abort();
    this.#forget?.();
  }

  /** Removes what is too old by now. Never rejects: what fails is logged, and left for the next time. */
  async run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closed;
    for (const { blobs, prefix, keptMs, fits } of this.#rules()) {
      if (signal.aborted) return;
      try {
        const beforeMs = clock.now() - keptMs;
        const removed = await removeOlderThan(
          blobs,
          prefix,
          beforeMs,
          fits === undefined ? { signal } : { signal, fits },
        );
        if (removed > 0) log.info({ what: prefix || 'audio', removed }, 'removed what was too old');
      } catch (err) {
        log.warn({ err, what: prefix || 'audio' }, 'what is too old could not be removed; it is tried again in a day');
        return;
      }
    }
  }

  #rules(): readonly Rule[] {
    const { state, audio, recordRetentionMs, audioRetentionMs } = this.#options;
    const isDone = ({ metadata }: BlobFacts) => metadata['done'] === '1';
    return [
      { blobs: state, prefix: FOLDERS.pending, keptMs: DONE_FOR_MS, fits: isDone },
      { blobs: state, prefix: FOLDERS.spending, keptMs: SPENDING_FOR_MS },
      { blobs: state, prefix: FOLDERS.conversations, keptMs: recordRetentionMs },
      { blobs: state, prefix: FOLDERS.failed, keptMs: recordRetentionMs },
      { blobs: state, prefix: FOLDERS.unreadable, keptMs: recordRetentionMs },
      { blobs: state, prefix: FOLDERS.invitations, keptMs: INVITATIONS_FOR_MS },
      { blobs: audio, prefix: '', keptMs: audioRetentionMs },
    ];
  }

  #runAfter(delayMs: number, spreadMs: number): void {
    if (this.#closed.signal.aborted) return;
    const { clock, random = Math.random } = this.#options;
    this.#forget = clock.after(delayMs + Math.floor(random() * spreadMs), async () => {
      await this.run();
      this.#runAfter(DAY_MS - SPREAD_MS / 2, SPREAD_MS);
    });
  }
}
