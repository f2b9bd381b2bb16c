import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import { type Clock, within } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { MessageName, PendingStore } from './pending-store.ts';
import type { UserMessage } from './user-message.ts';

/** Channels deliver again within minutes; an hour is more than any of them takes. */
const REMEMBER_ACTIVITY_MS = 60 * 60_000;
const MOST_ACTIVITIES = 50_000;
/** Channels wait for 15 s, and a message that is not kept by then is refused. */
const KEEP_LIMIT_MS = 4_500;
const AT_ONCE_MS = 500;
/** From then on users are told why nothing is taken; each of them once in a while. */
const OUTAGE_MS = 10_000;
const TELL_AGAIN_MS = 5 * 60_000;

const KEPT = Promise.resolve(true);

/** What the inbox needs. */
export interface InboxDeps {
  readonly pending: PendingStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The messages that were taken: each once, and kept before anybody is told so. */
export class Inbox {
  readonly #deps: InboxDeps;
  /** With whether the store has it as new. Rejected: it was not kept. */
  readonly #seen: LRUCache<string, Promise<boolean>>;
  readonly #toldOfOutage: LRUCache<string, true>;
  /** Messages that this process is about to answer. */
  readonly #here = new Set<string>();
  /** When the store began to fail; `undefined` while it does not. */
  #failingSinceMs: number | undefined;
  #lastFailureMs = 0;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    const perf = { now: () => deps.clock.now() };
    this.#seen = new LRUCache({ ...atMost(MOST_ACTIVITIES), ttl: REMEMBER_ACTIVITY_MS, ttlResolution: 0, perf });
    this.#toldOfOutage = new LRUCache({ ...atMost(MOST_ACTIVITIES), ttl: TELL_AGAIN_MS, ttlResolution: 0, perf });
  }

  has(message: MessageName): boolean {
    return this.#seen.has(nameOf(message));
  }

  /** What became of a message that was seen before; it may still be about to be kept. */
  earlier(message: MessageName): Promise<boolean> | undefined {
    return this.#seen.get(nameOf(message));
  }

  /** Notes what has to be kept nowhere but here. */
  note(message: MessageName): void {
    this.#seen.set(nameOf(message), KEPT);
  }

  /**
   * Keeps a message. Resolves with false where another instance has accepted it. Rejects with a StoreError where it is
   * not kept: it may then be delivered again. Begins at once, so that the order of calls is the order of messages.
   */
  keep(turn: UserMessage): Promise<boolean> {
    const late = () => new StoreError('store_unavailable', `not kept within ${KEEP_LIMIT_MS} ms`);
    const adding = this.#add(turn);
    const kept = within(this.#deps.clock, KEEP_LIMIT_MS, adding, late);
    this.#seen.set(nameOf(turn), kept);
    kept.then(
      () => this.#isKept(turn),
      (err: unknown) => this.#notKept(turn, err),
    );
    return kept;
  }

  /** Whether this process is about to answer a message. */
  isHere(message: MessageName): boolean {
    return this.#here.has(nameOf(message));
  }

  /** Settles like `work`, which answers the message. */
  whileHere(message: MessageName, work: () => Promise<void>): Promise<void> {
    const name = nameOf(message);
    this.#here.add(name);
    return work().finally(() => this.#here.delete(name));
  }

  /** Whether the user is to be told now that messages cannot be taken: it lasts, and they were not told lately. */
  isToTell(key: string): boolean {
    const sinceMs = this.#failingSinceMs;
    if (sinceMs === undefined || this.#deps.clock.now() - sinceMs < OUTAGE_MS || this.#toldOfOutage.has(key))
      return false;
    this.#toldOfOutage.set(key, true);
    return true;
  }

  #isKept(turn: UserMessage): void {
    // One for all: there may be very many of them.
    if (this.#seen.has(nameOf(turn))) this.#seen.set(nameOf(turn), KEPT);
    if (this.#failingSinceMs !== undefined) this.#deps.log.info('messages are kept again');
    this.#failingSinceMs = undefined;
  }

  /** Once more where it failed at once: a connection may have died unnoticed. */
  async #add(turn: UserMessage): Promise<boolean> {
    const { pending, clock } = this.#deps;
    // An answer that goes back in its request can be given by nobody else: it has to be seen alone that there is a store.
    const add = () => (turn.isInBand ? pending.has(turn).then(() => true) : pending.add(turn));
    const begunMs = clock.now();
    try {
      return await add();
    } catch (err) {
      const isWorthIt = err instanceof StoreError && err.retry === 'safe' && clock.now() - begunMs < AT_ONCE_MS;
      if (!isWorthIt) throw err;
      return add();
    }
  }

  #notKept(turn: UserMessage, err: unknown): void {
    const { clock, log } = this.#deps;
    this.#seen.delete(nameOf(turn));
    const isAnother = clock.now() - this.#lastFailureMs > TELL_AGAIN_MS;
    if (this.#failingSinceMs === undefined || isAnother) this.#failingSinceMs = clock.now();
    this.#lastFailureMs = clock.now();
    log.warn({ err, conversation: turn.key, activity: turn.activityId }, 'a message was not kept, and is refused');
  }
}

/** What a message is told from all others by, those of other conversations with the same id among them. */
function nameOf({ key, activityId }: MessageName): string {
  return JSON.stringify([key, activityId]);
}
