import type { AudioStore, ByteRange, StoredAudio } from '../audio/audio-store.ts';
import { isGenuine, readLink } from '../audio/signed-links.ts';
import type { Clock } from '../clock.ts';
import { unlessAborted } from '../deadline.ts';
import { RequestError } from '../errors.ts';
import { MAX_LOOKUPS, sharedLookup } from './shared-lookups.ts';

/** Limits concurrent reads. */
export const MAX_READS = 8;
/** Limits the reads that wait for others. */
export const MAX_WAITING_READS = 256;

/** A read that runs or waits. Requests for the same bytes share it. */
interface SharedRead {
  readonly result: Promise<Buffer | undefined>;
  readonly start: () => void;
  /** How many requests still wait for it. */
  userCount: number;
}

/** Reads audio for requests. However many requests there are, the load on the store and the memory stay bounded. */
export class AudioReader {
  readonly #store: AudioStore;
  readonly #clock: Clock;
  readonly #findAudio: (id: string) => Promise<StoredAudio | undefined>;
  readonly #reads = new Map<string, SharedRead>();
  /** The keys of reads that have not started, first in, first out. */
  readonly #waiting = new Set<string>();

  constructor(store: AudioStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#findAudio = sharedLookup((id) => store.find(id), MAX_LOOKUPS);
  }

  /**
   * Finds the audio of a link and the time left until the link expires. `undefined` for a forged or expired link.
   * Rejects like the store, and with a RequestError (`busy`) when too much other audio is being looked up.
   */
  async find(link: string): Promise<{ audio: StoredAudio; leftMs: number } | undefined> {
    const parsed = readLink(link);
    if (parsed === undefined) return undefined;
    const audio = await this.#findAudio(parsed.id);
    const nowMs = this.#clock.now();
    if (audio === undefined || !isGenuine(parsed, audio, nowMs)) return undefined;
    return { audio, leftMs: Math.min(parsed.expiresAtMs, audio.expiresAtMs) - nowMs };
  }

  /**
   * Works like `read` of the store, after earlier reads; requests for the same bytes share one read. Rejects with the
   * reason of an aborted `signal`, and with a RequestError (`busy`) when MAX_WAITING_READS others wait.
   */
  async read(id: string, range: ByteRange, signal: AbortSignal): Promise<Buffer | undefined> {
    signal.throwIfAborted();
    const key = `${id} ${range.start}-${range.end}`;
    const read = this.#reads.get(key) ?? this.#enqueue(key, () => this.#store.read(id, range));
    read.userCount++;
    try {
      return await unlessAborted(signal, () => read.result);
    } finally {
      read.userCount--;
      if (read.userCount === 0 && this.#waiting.delete(key)) this.#reads.delete(key);
    }
  }

  #enqueue(key: string, work: () => Promise<Buffer | undefined>): SharedRead {
    if (this.#waiting.size >= MAX_WAITING_READS)
      throw new RequestError('busy', 'Too many requests for audio at once. Please try again.');
    const { promise: result, resolve } = Promise.withResolvers<Buffer | undefined>();
    // Handles the rejection in case all requests have aborted.
    result.catch(() => {});
    const onEnd = () => {
      this.#reads.delete(key);
      this.#startNext();
    };
    const read = { result, start: () => resolve(work().finally(onEnd)), userCount: 0 };
    this.#reads.set(key, read);
    this.#waiting.add(key);
    this.#startNext();
    return read;
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#reads.size - this.#waiting.size >= MAX_READS) return;
    this.#waiting.delete(next);
    this.#reads.get(next)?.start();
  }
}
