import type { AudioStore, ByteRange, StoredAudio } from '../audio/audio-store.ts';
import { unlessAborted } from '../deadline.ts';
import { RequestError } from '../errors.ts';

/** Lookups of different sounds at once; also of ids that somebody made up. */
export const MAX_LOOKUPS = 32;
/** Reads at once. */
export const MAX_READS = 8;
/** Reads that wait for their turn. */
export const MAX_WAITING_READS = 256;

/** A read that runs or waits. Requests for the same bytes share it. */
interface Read {
  readonly result: Promise<Buffer | undefined>;
  readonly begin: () => void;
  /** Requests that have not left. */
  userCount: number;
}

/** Reads sounds for requests, so that no number of requests keeps the store busy or fills the memory. */
export class SoundReader {
  readonly #store: AudioStore;
  readonly #lookups = new Map<string, Promise<StoredAudio | undefined>>();
  readonly #reads = new Map<string, Read>();
  /** The names of those that have not begun. */
  readonly #waiting = new Set<string>();

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
   * As `read` of the store, after the reads that came before; requests for the same bytes share one read. Rejects with the
   * reason of `signal` when it is aborted, and with a RequestError (`busy`) when MAX_WAITING_READS others wait.
   */
  async read(id: string, range: ByteRange, signal: AbortSignal): Promise<Buffer | undefined> {
    signal.throwIfAborted();
    const name = `${id} ${range.start}-${range.end}`;
    const read = this.#reads.get(name) ?? this.#add(name, () => this.#store.read(id, range));
    read.userCount++;
    try {
      return await unlessAborted(signal, () => read.result);
    } finally {
      read.userCount--;
      if (read.userCount === 0 && this.#waiting.delete(name)) this.#reads.delete(name);
    }
  }

  #add(name: string, work: () => Promise<Buffer | undefined>): Read {
    if (this.#waiting.size >= MAX_WAITING_READS) throw busy();
    const { promise: result, resolve } = Promise.withResolvers<Buffer | undefined>();
    const begin = () => {
      const end = () => {
        this.#reads.delete(name);
        this.#beginNext();
      };
      this.#waiting.delete(name);
      resolve(work().finally(end));
    };
    // All who asked may have left.
    result.catch(() => {});
    const read = { result, begin, userCount: 0 };
    this.#reads.set(name, read);
    this.#waiting.add(name);
    this.#beginNext();
    return read;
  }

  /** The one that waits longest. */
  #beginNext(): void {
    const [next] = this.#waiting;
    const runningCount = this.#reads.size - this.#waiting.size;
    if (next !== undefined && runningCount < MAX_READS) this.#reads.get(next)?.begin();
  }
}

function busy(): RequestError {
  return new RequestError('busy', 'Too many sounds are asked for right now. Please try again.');
}
