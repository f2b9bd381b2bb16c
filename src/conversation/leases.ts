import { LRUCache } from 'lru-cache';
import { sleep } from '../clock.ts';
import type { SessionPool } from '../realtime/pool.ts';
import { isConflict } from '../storage/tagged-write.ts';
import { type Edit, Lease, type LeaseDeps, RUNNER_MS } from './lease.ts';
import type { StoredRecord } from './record-store.ts';
import type { ConversationRecord, FailedTries } from './records.ts';
import { type Patience, untilStored } from './retry.ts';

const FIRST_LOOK_MS = 50;
const MOST_LOOK_MS = 500;
/** By how much the clocks of two machines may differ. */
const SKEW_MS = 2_000;
/** For so long after other instances were seen at work, and after the start, their messages are looked for. */
const OTHERS_FOR_MS = 10 * 60_000;

/** A conversation, and its message that is to be answered. */
interface Names {
  readonly key: string;
  readonly message: string;
}

/** A record that nobody else works on. */
interface Free {
  readonly stored: StoredRecord;
  readonly hasWaited: boolean;
}

/** Takes conversations for this instance, and changes their records while nobody works on them. */
export class Leases {
  readonly #deps: LeaseDeps;
  readonly #pool: SessionPool;
  /** As this instance wrote them last, for the conversations whose sessions may be warm. */
  readonly #known: LRUCache<string, StoredRecord>;

  #othersUntilMs: number;

  /** `mostKnown`: records that sessions were told or have made, each up to about 60 kB; as many as there may be of those. */
  constructor(deps: LeaseDeps & { readonly pool: SessionPool; readonly mostKnown: number }) {
    this.#deps = deps;
    this.#known = new LRUCache({ max: deps.mostKnown });
    this.#pool = deps.pool;
    this.#othersUntilMs = deps.clock.now() + OTHERS_FOR_MS;
  }

  get isShared(): boolean {
    return this.#deps.isShared;
  }

  /**
   * Waits until nobody else works on the conversation, and takes it. A session that has not heard all of it is closed.
   * `message`: what is to be answered first; see `messageId`. Rejects with the reason of the patience's signal.
   */
  async take(key: string, message: string, patience: Patience): Promise<Lease> {
    const known = this.#known.get(key);
    const names = { key, message };
    const retaken = known && this.#pool.isWarm(key) ? await this.#retake(names, known, patience) : undefined;
    if (retaken?.stored !== undefined)
      return this.#leaseOf(names, retaken.stored, { found: retaken.stored, known: retaken.stored, hasWaited: false });
    let read = retaken?.read;
    for (let hasWaited = false; ; ) {
      const free = await this.#whenFree(key, read, patience);
      read = undefined;
      hasWaited ||= free.hasWaited;
      const stored = await this.#claim(names, free.stored, patience);
      if (stored !== undefined) return this.#leaseOf(names, stored, { found: free.stored, known, hasWaited });
      hasWaited = true;
    }
  }

  /**
   * A conversation that is probably as this instance left it: written without being read, and read at the same time in
   * case somebody else has written.
   */
  async #retake(names: Names, known: StoredRecord, patience: Patience) {
    const reading = this.#deps.records.read(names.key, known).catch(() => undefined);
    const stored = await this.#claim(names, known, patience);
    if (stored !== undefined) return { stored, read: undefined };
    this.noteOthers();
    const read = await reading;
    return { stored, read: read?.tag === known.tag ? undefined : read };
  }

  /** Whether other instances were at work lately, or may have been: then there may be messages that they accepted. */
  get seesOthers(): boolean {
    return this.#deps.isShared && this.#deps.clock.now() < this.#othersUntilMs;
  }

  /** Another instance was at work. */
  noteOthers(): void {
    this.#othersUntilMs = this.#deps.clock.now() + OTHERS_FOR_MS;
  }

  #leaseOf(
    { key, message }: Names,
    stored: StoredRecord,
    { found, known, hasWaited }: { found: StoredRecord; known: StoredRecord | undefined; hasWaited: boolean },
  ): Lease {
    const isCurrent = known !== undefined && found.tag === known.tag;
    if (this.#deps.isShared && !isCurrent) this.#pool.drop(key);
    // A runner that is still named there did not end its work.
    const isContested = hasWaited || this.#isForeign(found.record) || found.record.unsent !== undefined;
    return new Lease({ key, message, stored, isContested, isNew: found.tag === undefined }, this.#deps);
  }

  /** To be told when a lease was released: its record is what the session knows. */
  note(key: string, lease: Lease): void {
    if (!this.#deps.isShared) return;
    if (this.#pool.isWarm(key) && !lease.ended.aborted) this.#known.set(key, lease.stored);
    else this.#known.delete(key);
  }

  /** Looks, whoever works on it. */
  async read(key: string): Promise<ConversationRecord> {
    return (await this.#deps.records.read(key)).record;
  }

  /** Whether an instance, this one included, works on the conversation now; and the version of its record. */
  async look(key: string): Promise<{ readonly isHeld: boolean; readonly tag: string | undefined }> {
    const { record, tag } = await this.#deps.records.read(key);
    return { isHeld: record.runner !== undefined && this.#isInTime(record.runner), tag };
  }

  /** False when there is a record already, also one that was made at this moment by another instance. */
  async create(key: string, record: ConversationRecord): Promise<boolean> {
    try {
      const found = await this.#deps.records.read(key);
      if (found.tag !== undefined) return false;
      await this.#deps.records.write(key, record, undefined);
      return true;
    } catch (err) {
      if (isConflict(err)) return false;
      throw err;
    }
  }

  /** Changes a record as soon as no other instance works on it. Not to be called while this one does. */
  async edit(key: string, edit: Edit, patience: Patience): Promise<void> {
    await this.#between(key, patience, async ({ record, tag }) => {
      const edited = edit(record);
      if (edited !== record) await untilStored(() => this.#deps.records.write(key, edited, tag), patience);
    });
  }

  /** As `edit`. */
  async delete(key: string, patience: Patience): Promise<void> {
    await this.#between(key, patience, ({ tag }) => untilStored(() => this.#deps.records.delete(key, tag), patience));
    this.#known.delete(key);
  }

  async #between(key: string, patience: Patience, work: (stored: StoredRecord) => Promise<void>): Promise<void> {
    for (;;) {
      const { stored } = await this.#whenFree(key, undefined, patience);
      try {
        return await work(stored);
      } catch (err) {
        if (!isConflict(err)) throw err;
        this.noteOthers();
      }
    }
  }

  /** `first`: as it was read just now. */
  async #whenFree(key: string, first: StoredRecord | undefined, patience: Patience): Promise<Free> {
    const { records, clock } = this.#deps;
    const known = this.#known.get(key);
    for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(2 * waitMs, MOST_LOOK_MS)) {
      const isFirst = waitMs === FIRST_LOOK_MS && first !== undefined;
      const stored = isFirst ? first : await untilStored(() => records.read(key, known), patience);
      const { runner } = stored.record;
      const isForeign = this.#isForeign(stored.record);
      if (isForeign) this.noteOthers();
      const isHeld = runner !== undefined && isForeign && this.#isInTime(runner);
      if (!isHeld) return { stored, hasWaited: waitMs > FIRST_LOOK_MS };
      await sleep(clock, waitMs, patience.signal);
    }
  }

  /** `undefined` when another instance was faster. */
  async #claim({ key, message }: Names, found: StoredRecord, patience: Patience): Promise<StoredRecord | undefined> {
    const { records, instance, isShared, clock } = this.#deps;
    if (!isShared) return found;
    try {
      for (let { record, tag } = found; ; ) {
        const untilMs = clock.now() + RUNNER_MS;
        const tries = this.#isForeign(record) ? moreTries(record) : record.tries;
        const claimed = { ...record, tries, runner: { instance, untilMs, message } };
        const stored = await untilStored(() => records.write(key, claimed, tag), patience);
        // The store may have been away until now, and the time be over.
        if (clock.now() < untilMs - RUNNER_MS / 2) return stored;
        ({ record, tag } = stored);
      }
    } catch (err) {
      if (isConflict(err)) return undefined;
      throw err;
    }
  }

  #isForeign({ runner }: ConversationRecord): boolean {
    return runner !== undefined && runner.instance !== this.#deps.instance;
  }

  #isInTime({ untilMs }: { readonly untilMs: number }): boolean {
    return this.#deps.clock.now() < untilMs + SKEW_MS;
  }
}

/** An instance has ended over what it was about to answer. */
function moreTries({ runner, tries }: ConversationRecord): FailedTries | undefined {
  if (runner?.message === undefined) return tries;
  const { message } = runner;
  return { message, count: tries?.message === message ? tries.count + 1 : 1 };
}
