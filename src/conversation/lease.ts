import type { Clock } from '../clock.ts';
import { StoreError, TurnError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { RecordStore, StoredRecord } from './record-store.ts';
import type { ConversationRecord, Runner } from './records.ts';
import { type Patience, untilStored } from './retry.ts';

/** For how long a conversation is taken at a time. */
export const RUNNER_MS = 30_000;
const RENEW_MS = 10_000;
const RENEW_AGAIN_MS = 2_000;

/** What taking conversations needs. */
export interface LeaseDeps {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process among all. */
  readonly instance: string;
  /** Whether other instances use the same records: else nobody has to be kept away. */
  readonly isShared: boolean;
}

/** What was found when a conversation was taken. */
export interface Taken {
  readonly key: string;
  /** What is to be answered; see `messageId`. */
  readonly message: string;
  readonly stored: StoredRecord;
  /** Another instance worked on the conversation: it may have messages that came before ours. */
  readonly isContested: boolean;
  /** There was no record. */
  readonly isNew: boolean;
}

export type Edit = (record: ConversationRecord) => ConversationRecord;

/**
 * The right of this instance to work on one conversation, from the write of its `runner` to its release. Renewed by
 * itself; each write goes over the one before, so that none is made any more once another instance has taken over.
 */
export class Lease {
  readonly isContested: boolean;
  readonly #key: string;
  readonly #deps: LeaseDeps;
  readonly #ending = new AbortController();
  #stored: StoredRecord;
  #writes: Promise<unknown> = Promise.resolve();
  /** A write of which it is not known whether it was done: it has to be done again as it was. */
  #doubtful: ConversationRecord | undefined;
  #forgetTimer = () => {};
  #isReleased = false;
  /** There is a record for its runner alone: without that there is none to be kept. */
  #isUntouched: boolean;
  #message: string;

  constructor({ key, stored, message, ...found }: Taken, deps: LeaseDeps) {
    this.isContested = found.isContested;
    this.#isUntouched = found.isNew;
    this.#key = key;
    this.#message = message;
    this.#deps = deps;
    this.#stored = stored;
    this.#renewLater(RENEW_MS);
  }

  get record(): ConversationRecord {
    return this.#stored.record;
  }

  get stored(): StoredRecord {
    return this.#stored;
  }

  /** Aborted, with a TurnError, once it is known that another instance has taken the conversation over. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /** Says, before it is begun, that another message is answered now. Rejects like `save`. */
  async begin(message: string, patience: Patience): Promise<void> {
    this.#message = message;
    await this.save((record) => record, patience);
  }

  /** Writes, and keeps the conversation. Rejects with `store_conflict` when another instance has it. */
  async save(edit: Edit, patience: Patience): Promise<void> {
    this.#isUntouched = false;
    await this.#inTurn(() => this.#write(edit, this.#nextRunner(), patience));
    const isOld = (this.record.runner?.untilMs ?? Number.POSITIVE_INFINITY) < this.#deps.clock.now() + RENEW_MS;
    if (isOld) await this.#inTurn(() => this.#write((record) => record, this.#nextRunner(), patience));
  }

  /** Writes for the last time, and lets go. Rejects like `save`; calls after the first do nothing. */
  async release(edit: Edit, patience: Patience): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#forgetTimer();
    const isNothing = this.#deps.isShared && this.#isUntouched && edit(this.record) === this.record;
    const { records } = this.#deps;
    const remove = () => untilStored(() => records.delete(this.#key, this.#stored.tag), patience);
    await this.#inTurn(() => (isNothing ? remove() : this.#write(edit, undefined, patience)));
  }

  #nextRunner(): Runner | undefined {
    const { instance, isShared, clock } = this.#deps;
    return isShared ? { instance, untilMs: clock.now() + RUNNER_MS, message: this.#message } : undefined;
  }

  /** One after another, the renewals among them. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writes.then(work);
    this.#writes = done.catch(() => {});
    return done;
  }

  async #write(edit: Edit, runner: Runner | undefined, patience?: Patience): Promise<void> {
    const tries = (record: ConversationRecord) =>
      patience === undefined ? this.#put(record) : untilStored(() => this.#put(record), patience);
    if (this.#doubtful !== undefined) await tries(this.#doubtful);
    const edited = edit(this.record);
    if (edited === this.record && runner === undefined && edited.runner === undefined) return;
    await tries({ ...edited, runner });
  }

  async #put(record: ConversationRecord): Promise<void> {
    this.#doubtful = record;
    try {
      this.#stored = await this.#deps.records.write(this.#key, record, this.#stored.tag);
      this.#doubtful = undefined;
    } catch (err) {
      if (err instanceof StoreError && err.code === 'store_conflict') this.#end();
      throw err;
    }
  }

  #renewLater(delayMs: number): void {
    const { clock, isShared } = this.#deps;
    if (isShared) this.#forgetTimer = clock.after(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    let nextMs = RENEW_AGAIN_MS;
    try {
      await this.#inTurn(async () => {
        if (!this.#isReleased) await this.#write((record) => record, this.#nextRunner());
      });
      nextMs = RENEW_MS;
    } catch (err) {
      this.#deps.log.warn({ err, conversation: this.#key }, 'a conversation was not renewed');
    }
    if (!this.#isReleased && !this.ended.aborted) this.#renewLater(nextMs);
  }

  /**
   * Not when its time is over: where the store is away it is so for everybody, and an answer that is being made is worth
   * more. Whether somebody else has come is said by the next write, and nothing is sent before one.
   */
  #end(): void {
    this.#forgetTimer();
    this.#ending.abort(new TurnError('claim_lost', 'another instance has taken it over'));
  }
}
