import { LRUCache } from 'lru-cache';
import { atMost } from '../../at-most.ts';
import type { Clock } from '../../clock.ts';
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
  spentUsd: number;
  isNear: boolean;
}

interface Held extends Reservation {
  readonly atMs: number;
}

/** Spending in memory. At the end of a day (UTC) what was spent is dropped; what is reserved stays reserved. */
export class MemorySpending implements SpendingStore {
  readonly #clock: Clock;
  /** The oldest first: a job that reserves again moves to the end. */
  readonly #reservations = new Map<string, Held>();
  readonly #conversations = new LRUCache<string, Account>(atMost(MAX_ACCOUNTS));
  readonly #people = new LRUCache<string, Account>(atMost(MAX_ACCOUNTS));
  #today: Account = { spentUsd: 0, isNear: false };
  #day = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async reserve(reservation: Reservation, budgets: Budgets): Promise<ReserveResult> {
    this.#expire();
    const { jobId, usd } = reservation;
    const uses = limitedBudgets(budgets, reservation).map((each) => {
      const { spentUsd, isNear } = this.#accountOf(each.budget, each.owner);
      return { ...each, usedUsd: spentUsd + this.#reservedUsd(each.budget, each.owner, jobId), isNear };
    });
    const result = checkBudgets(uses, usd);
    if (result.kind === 'overBudget') return result;
    for (const { budget, owner } of uses)
      if (result.nearLimit.includes(budget)) this.#accountOf(budget, owner).isNear = true;
    this.#reservations.delete(jobId);
    this.#reservations.set(jobId, { ...reservation, atMs: this.#clock.now() });
    return result;
  }

  async settle(jobId: string, usd: number): Promise<void> {
    this.#expire();
    const held = this.#reservations.get(jobId);
    if (held === undefined) return;
    this.#reservations.delete(jobId);
    this.#today.spentUsd += usd;
    this.#accountOf('person', held.person).spentUsd += usd;
    this.#accountOf('conversation', held.conversation).spentUsd += usd;
  }

  /** What all other jobs have reserved. */
  #reservedUsd(budget: OverBudget['budget'], owner: string, jobId: string): number {
    let sum = 0;
    for (const held of this.#reservations.values()) {
      const isIts = budget === 'day' || held[budget] === owner;
      if (isIts && held.jobId !== jobId) sum += held.usd;
    }
    return sum;
  }

  #accountOf(budget: OverBudget['budget'], owner: string): Account {
    if (budget === 'day') return this.#today;
    const accounts = budget === 'person' ? this.#people : this.#conversations;
    const account = accounts.get(owner) ?? { spentUsd: 0, isNear: false };
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
    this.#today = { spentUsd: 0, isNear: false };
  }
}
