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
/** Of conversations, and of people each day; one that is pushed out begins anew. */
const MAX_ACCOUNTS = 50_000;

interface Account {
  /** Spent and reserved. */
  usedUsd: number;
  isNear: boolean;
}

interface Held {
  readonly usd: number;
  /** Those of the day on which it was reserved. */
  readonly accounts: readonly Account[];
  readonly atMs: number;
}

/** Spending in memory. At the end of a day (UTC) what counts for it is dropped. */
export class MemorySpending implements SpendingStore {
  readonly #clock: Clock;
  /** The oldest first: a job that reserves again moves to the end. */
  readonly #reservations = new Map<string, Held>();
  readonly #conversations = new LRUCache<string, Account>(lruOptions(MAX_ACCOUNTS));
  readonly #people = new LRUCache<string, Account>(lruOptions(MAX_ACCOUNTS));
  #today = newAccount();
  #day = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async reserve({ jobId, usd, ...owners }: Reservation, budgets: Budgets): Promise<ReserveResult> {
    this.#expire();
    const earlier = this.#reservations.get(jobId);
    const uses = limitedBudgets(budgets, owners).map((each) => {
      const account = this.#accountOf(each.budget, each.owner);
      const earlierUsd = earlier?.accounts.includes(account) ? earlier.usd : 0;
      return { ...each, account, usedUsd: account.usedUsd - earlierUsd, isNear: account.isNear };
    });
    const result = checkBudgets(uses, usd);
    if (result.kind === 'overBudget') return result;
    for (const { budget, account } of uses) account.isNear ||= result.nearLimit.includes(budget);
    if (earlier !== undefined) this.#end(jobId, earlier, 0);
    const { conversation, person } = owners;
    const accounts = [this.#accountOf('conversation', conversation), this.#accountOf('person', person), this.#today];
    for (const account of accounts) account.usedUsd += usd;
    this.#reservations.set(jobId, { usd, accounts, atMs: this.#clock.now() });
    return result;
  }

  async settle(jobId: string, usd: number): Promise<void> {
    this.#expire();
    const held = this.#reservations.get(jobId);
    if (held !== undefined) this.#end(jobId, held, usd);
  }

  #end(jobId: string, held: Held, costUsd: number): void {
    this.#reservations.delete(jobId);
    for (const account of held.accounts) account.usedUsd = Math.max(0, account.usedUsd - held.usd + costUsd);
  }

  #accountOf(budget: OverBudget['budget'], owner: string): Account {
    if (budget === 'day') return this.#today;
    const accounts = budget === 'person' ? this.#people : this.#conversations;
    const account = accounts.get(owner) ?? newAccount();
    accounts.set(owner, account);
    return account;
  }

  #expire(): void {
    const nowMs = this.#clock.now();
    for (const [jobId, { atMs }] of this.#reservations) {
      if (nowMs - atMs < RESERVATION_MS) break;
      this.#reservations.delete(jobId);
    }
    const day = Math.floor(nowMs / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#people.clear();
    this.#today = newAccount();
  }
}

function newAccount(): Account {
  return { usedUsd: 0, isNear: false };
}
