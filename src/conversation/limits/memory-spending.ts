import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { lruOptions } from '../../lru-options.ts';
import { checkBudgets, limitedBudgets } from './check-budgets.ts';
import {
  type Budgets,
  type OverBudget,
  RESERVATION_MS,
  type Reservation,
  type ReserveResult,
  type SpendingStore,
} from './spending-store.ts';

const DAY_MS = 24 * 3_600_000;
/** Conversations have an account each, and so do people for each day. An evicted account starts at zero. */
const MAX_ACCOUNTS = 100_000;
const MAX_RESERVATIONS = 50_000;

interface Account {
  /** The sum of what is spent and what is reserved. */
  usedUsd: number;
  isNear: boolean;
}

interface Held {
  readonly usd: number;
  /** Those of the day on which it was reserved. */
  readonly accounts: readonly Account[];
}

export class MemorySpending implements SpendingStore {
  readonly #clock: Clock;
  readonly #reservations: LRUCache<string, Held>;
  readonly #accounts = new LRUCache<string, Account>(lruOptions(MAX_ACCOUNTS));

  constructor(clock: Clock) {
    this.#clock = clock;
    const perf = { now: () => clock.now() };
    this.#reservations = new LRUCache({ ...lruOptions(MAX_RESERVATIONS), ttl: RESERVATION_MS, ttlResolution: 0, perf });
  }

  async reserve({ jobId, usd, ...owners }: Reservation, budgets: Budgets): Promise<ReserveResult> {
    const earlier = this.#reservations.get(jobId);
    const accounts = {
      conversation: this.#accountOf('conversation', owners.conversation),
      person: this.#accountOf('person', owners.person),
      day: this.#accountOf('day', ''),
    };
    const uses = limitedBudgets(budgets, owners).map((each) => {
      const account = accounts[each.budget];
      const earlierUsd = earlier?.accounts.includes(account) ? earlier.usd : 0;
      return { ...each, usedUsd: account.usedUsd - earlierUsd, isNear: account.isNear };
    });
    const result = checkBudgets(uses, usd);
    if (result.kind === 'overBudget') return result;
    this.#end(jobId, 0);
    for (const budget of result.nearLimit) accounts[budget].isNear = true;
    for (const account of Object.values(accounts)) account.usedUsd += usd;
    this.#reservations.set(jobId, { usd, accounts: Object.values(accounts) });
    return result;
  }

  async settle(jobId: string, usd: number): Promise<void> {
    this.#end(jobId, usd);
  }

  #end(jobId: string, costUsd: number): void {
    const { usd = 0, accounts = [] } = this.#reservations.get(jobId) ?? {};
    this.#reservations.delete(jobId);
    for (const account of accounts) account.usedUsd = Math.max(0, account.usedUsd - usd + costUsd);
  }

  /** People and the day have new accounts each day (UTC). */
  #accountOf(budget: OverBudget['budget'], owner: string): Account {
    const day = budget === 'conversation' ? 0 : Math.floor(this.#clock.now() / DAY_MS);
    const name = JSON.stringify([budget, day, owner]);
    const account = this.#accounts.get(name) ?? { usedUsd: 0, isNear: false };
    this.#accounts.set(name, account);
    return account;
  }
}
