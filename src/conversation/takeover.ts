import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Conversations } from './conversations.ts';
import { MOST_TRIES } from './give-up.ts';
import type { Leases } from './leases.ts';
import type { PendingEntry, PendingMessage, PendingStore } from './pending-store.ts';
import { needsTurn } from './validate-message.ts';

/** What finding abandoned messages takes. */
export interface TakeoverDeps {
  readonly pending: PendingStore;
  readonly leases: Leases;
  readonly conversations: Pick<Conversations, 'resume' | 'giveUp' | 'isHere'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 up to 1; spreads the looks of many instances. */
  readonly random: () => number;
}

const FIRST_LOOK_MS = 1_000;
const LOOK_MS = 8_000;
/** For how long it is known that a message was answered of which no record tells. */
const DONE_FOR_MS = 60 * 60_000;
/** Whoever accepted a message begins with it at once, if it is there at all. */
const ABANDONED_MS = 10_000;
/** What needs no turn has no runner that would say that somebody is at work on it. */
const ABANDONED_COMMAND_MS = 45_000;
/** In so long an instance that is alive does something to a conversation that waits for it. */
const SECOND_LOOK_MS = 2_000;
/** Conversations that are looked into at a time. */
const MOST_AT_ONCE = 100;

/**
 * Looks for messages that were accepted and are worked on by nobody, because their process has ended or cannot reach the
 * store, and has them answered here.
 */
export class Takeover {
  readonly #deps: TakeoverDeps;
  readonly #closing = new AbortController();
  #looking: Promise<void> | undefined;
  #isFailing = false;

  constructor(deps: TakeoverDeps) {
    this.#deps = deps;
  }

  /** Looks, soon and then now and again. Nothing where messages are kept in this process alone. */
  start(): void {
    if (this.#deps.pending.isShared) this.#looking ??= this.#lookForEver();
  }

  /** Resolves when the look that is under way has ended. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  async #lookForEver(): Promise<void> {
    const { clock, log, random } = this.#deps;
    // The containers may be about to be created.
    await sleep(clock, FIRST_LOOK_MS, this.#closing.signal).catch(() => {});
    while (!this.#closing.signal.aborted) {
      try {
        await this.#look();
        this.#isFailing = false;
      } catch (err) {
        if (!this.#isFailing && !this.#closing.signal.aborted)
          log.warn({ err }, 'messages of other instances could not be looked for');
        this.#isFailing = true;
      }
      const waitMs = LOOK_MS * (0.75 + random() / 2);
      await sleep(clock, waitMs, this.#closing.signal).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const { pending } = this.#deps;
    const all = await pending.list();
    const past = all.filter((entry) => entry.isDone && this.#ageMs(entry) >= DONE_FOR_MS);
    await Promise.all(past.slice(0, MOST_AT_ONCE).map((entry) => pending.discard(entry)));
    const byConversation = Map.groupBy(all, ({ conversation }) => conversation);
    const old = [...byConversation.values()].map((entries) => entries.filter((entry) => this.#isOld(entry)));
    const abandoned = old.filter((entries) => entries.length > 0);
    for (let first = 0; first < abandoned.length && !this.#closing.signal.aborted; first += MOST_AT_ONCE) {
      const several = abandoned.slice(first, first + MOST_AT_ONCE);
      await Promise.all(several.map((entries) => this.#takeOver(entries)));
    }
  }

  #isOld({ isDone, touchedAtMs }: PendingEntry): boolean {
    return !isDone && this.#ageMs({ touchedAtMs }) >= ABANDONED_MS;
  }

  #ageMs({ touchedAtMs }: Pick<PendingEntry, 'touchedAtMs'>): number {
    return this.#deps.clock.now() - touchedAtMs;
  }

  /** The messages of one conversation. */
  async #takeOver(entries: readonly PendingEntry[]): Promise<void> {
    const { pending, conversations } = this.#deps;
    const messages: { entry: PendingEntry; message: PendingMessage }[] = [];
    for (const entry of entries) {
      const message = await pending.read(entry);
      if (message === undefined || conversations.isHere(message.turn)) continue;
      this.#deps.leases.noteOthers();
      const isOld = this.#ageMs(entry) >= ABANDONED_COMMAND_MS;
      if (isOld || needsTurn(message.turn)) messages.push({ entry, message });
    }
    const key = messages[0]?.message.turn.key;
    if (key === undefined || (await this.#isWorkedOn(key))) return;
    for (const { entry, message } of messages) if (await pending.take(entry)) this.#answer(message);
  }

  /** Held, or changed between two looks: then somebody holds it now and again. */
  async #isWorkedOn(key: string): Promise<boolean> {
    const { leases, clock } = this.#deps;
    const first = await leases.look(key);
    if (first.isHeld) return true;
    await sleep(clock, SECOND_LOOK_MS, this.#closing.signal);
    const second = await leases.look(key);
    return second.isHeld || second.tag !== first.tag;
  }

  #answer(message: PendingMessage): void {
    const { conversations, log } = this.#deps;
    const { turn, tries } = message;
    // Tries of turns are counted where they begin: see `FailedTries`.
    if (!needsTurn(turn) && tries >= MOST_TRIES) {
      void conversations.giveUp(turn);
      return;
    }
    const names = { conversation: turn.key, activity: turn.activityId };
    if (conversations.resume(message)) log.warn({ ...names, tries: tries + 1 }, 'taken over: no instance was at it');
  }
}
