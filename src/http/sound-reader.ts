import type { AudioStore, ByteRange, StoredAudio } from '../audio/audio-store.ts';
import { RequestError } from '../errors.ts';

/** Lookups of different sounds at once; also of ids that somebody made up. */
export const MAX_LOOKUPS = 32;
/** Reads at once: turns use the same connections to the store. */
export const MAX_READS = 8;
/** Reads that wait for their turn. */
export const MAX_WAITING_READS = 256;

/** Reads sounds for requests, so that no number of requests keeps the store busy or fills the memory. */
export class SoundReader {
  readonly #store: AudioStore;
  readonly #lookups = new Map<string, Promise<StoredAudio | undefined>>();
  readonly #waiting = new Set<() => void>();
  #readCount = 0;

  constructor(store: AudioStore) {
    this.#store = store;
  }

  /**
   * As `find` of the store; requests for the same sound share one lookup. Rejects with a RequestError (`busy`) when
   * MAX_LOOKUPS others are in flight.
   */
  async find(id: string): Promise<StoredAudio | undefined> {
    const inFlight = this.#lookups.get(id);
    if (inFlight !== undefined) return inFlight;
    if (this.#lookups.size >= MAX_LOOKUPS) throw busy();
    const lookup = this.#store.find(id).finally(() => this.#lookups.delete(id));
    this.#lookups.set(id, lookup);
    return lookup;
  }

  /**
   * As `read` of the store, after the reads that came before. Rejects with the reason of `signal` when it is aborted
   * before the read has begun, and with a RequestError (`busy`) when MAX_WAITING_READS others wait.
   */
  async read(id: string, range: ByteRange, signal: AbortSignal): Promise<Buffer | undefined> {
    await this.#acquire(signal);
    try {
      return await this.#store.read(id, range);
    } finally {
      this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#readCount < MAX_READS) {
      this.#readCount++;
      return;
    }
    if (this.#waiting.size >= MAX_WAITING_READS) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.delete(resolve);
      reject(signal.reason);
    };
    this.#waiting.add(resolve);
    signal.addEventListener('abort', leave);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Hands the place to the read that waits longest. */
  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#readCount--;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}

function busy(): RequestError {
  return new RequestError('busy', 'Too many sounds are asked for right now. Please try again.');
}
