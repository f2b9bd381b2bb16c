import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import type { Clock } from '../clock.ts';

/** Bounds of what the model may cost, in US dollars; `undefined` = none. */
export interface BudgetOptions {
  readonly clock: Clock;
  /** All conversations, each UTC day. */
  readonly dayUsd: number | undefined;
  readonly conversationUsd: number | undefined;
}

/** Money that is set aside for a turn, until it is known what the turn cost. */
export interface Reservation {
  /** Sets more aside, for asking once more; false where that does not fit. */
  extend(usd: number): boolean;
  /** What it has cost, in the end. Safe to call twice: the first counts. */
  settle(usd: number): void;
}

/** Why a turn may not be run: what it may cost is more than what is left of a budget. */
export interface OverBudget {
  readonly budget: 'day' | 'conversation';
  readonly neededUsd: number;
  readonly leftUsd: number;
}

const DAY_MS = 24 * 60 * 60_000;
/** What is spent is known of so many conversations; of one that is pushed out, only from its record. */
const MOST_CONVERSATIONS = 50_000;

interface Account {
  spentUsd: number;
  reservedUsd: number;
}

/**
 * What was spent and what is set aside. Invariant: no turn is let in, nor extended, by which spent and reserved together
 * would be more than a budget. At the end of a day what was spent is forgotten; what is still set aside is not.
 */
export class Budgets {
  readonly #options: BudgetOptions;
  readonly #day: Account = { spentUsd: 0, reservedUsd: 0 };
  readonly #conversations = new LRUCache<string, Account>(atMost(MOST_CONVERSATIONS));
  #dayNumber = 0;
  /** What all other instances have spent and set aside today, as far as is known. */
  #othersUsd = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Whether there is a bound at all. */
  get isBounded(): boolean {
    return this.#options.dayUsd !== undefined || this.#options.conversationUsd !== undefined;
  }

  /** Whether what all instances spend has a bound. */
  get isDayBounded(): boolean {
    return this.#options.dayUsd !== undefined;
  }

  /** The day that is counted, in days since 1970-01-01 UTC, and what was spent and is set aside of it here. */
  today(): { readonly day: number; readonly usd: number } {
    this.#beginDay();
    return { day: this.#dayNumber, usd: this.#day.spentUsd + this.#day.reservedUsd };
  }

  /** Notes what other instances have spent on a day. */
  noteOthers(day: number, usd: number): void {
    this.#beginDay();
    if (day === this.#dayNumber) this.#othersUsd = usd;
  }

  /** Sets aside the most that a turn can cost. `knownUsd`: what its conversation has spent by its record. */
  reserve(conversation: string, usd: number, knownUsd = 0): Reservation | OverBudget {
    this.#beginDay();
    const account = this.#accountOf(conversation, knownUsd);
    const refusal = this.#refusal(account, usd);
    if (refusal !== undefined) return refusal;
    this.#set(account, usd);
    return this.#reservation(account, usd);
  }

  #reservation(account: Account, firstUsd: number): Reservation {
    let reservedUsd = firstUsd;
    let isSettled = false;
    return {
      extend: (usd) => {
        this.#beginDay();
        if (isSettled || this.#refusal(account, usd) !== undefined) return false;
        this.#set(account, usd);
        reservedUsd += usd;
        return true;
      },
      settle: (usd) => {
        if (isSettled) return;
        isSettled = true;
        this.#beginDay();
        this.#set(account, -reservedUsd);
        for (const each of [account, this.#day]) each.spentUsd += usd;
      },
    };
  }

  #refusal(account: Account, usd: number): OverBudget | undefined {
    const { dayUsd = Number.POSITIVE_INFINITY, conversationUsd = Number.POSITIVE_INFINITY } = this.#options;
    const usedUsd = account.spentUsd + account.reservedUsd;
    const usedTodayUsd = this.#othersUsd + this.#day.spentUsd + this.#day.reservedUsd;
    const over = (budget: OverBudget['budget'], leftUsd: number): OverBudget => ({ budget, neededUsd: usd, leftUsd });
    if (usedUsd + usd > conversationUsd) return over('conversation', conversationUsd - usedUsd);
    if (usedTodayUsd + usd > dayUsd) return over('day', dayUsd - usedTodayUsd);
    return undefined;
  }

  #set(account: Account, usd: number): void {
    for (const each of [account, this.#day]) each.reservedUsd = Math.max(0, each.reservedUsd + usd);
  }

  #accountOf(conversation: string, knownUsd: number): Account {
    const known = this.#conversations.get(conversation) ?? { spentUsd: 0, reservedUsd: 0 };
    known.spentUsd = Math.max(known.spentUsd, knownUsd);
    this.#conversations.set(conversation, known);
    return known;
  }

  #beginDay(): void {
    const dayNumber = Math.floor(this.#options.clock.now() / DAY_MS);
    if (dayNumber === this.#dayNumber) return;
    this.#dayNumber = dayNumber;
    this.#day.spentUsd = 0;
    this.#othersUsd = 0;
  }
}
