import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { expiryOptions, lruOptions } from '../../lru-options.ts';
import { budgetsOf, checkBudgets, type OverBudget, RESERVATION_MS, type SpendingStore } from './spending-store.ts';

const DAY_MS = 24 * 3_600_000;
/** Conversations have an account each, and so do people for each day. An evicted account starts at zero. */
const MAX_ACCOUNTS = 100_000;
const MAX_RESERVATIONS = 50_000;

interface Account {
  /** The sum of what is spent and what is reserved. */
  usedUsd: number;
  isLogged: boolean;
}

interface Held {
  readonly usd: number;
  /** Those of the day on which it was reserved. */
  readonly accounts: readonly Account[];
}

/** Spending in the memory of this process. It ends with it. */
export function createMemorySpending(clock: Clock): SpendingStore {
  const accounts = new LRUCache<string, Account>(lruOptions(MAX_ACCOUNTS));
  const reservations = new LRUCache<string, Held>({
    ...lruOptions(MAX_RESERVATIONS),
    ...expiryOptions(RESERVATION_MS, clock),
  });
  /** People and the day have new accounts each day (UTC). */
  const accountOf = (budget: OverBudget['budget'], owner: string): Account => {
    const day = budget === 'conversation' ? 0 : Math.floor(clock.now() / DAY_MS);
    const name = JSON.stringify([budget, day, owner]);
    const account = accounts.get(name) ?? { usedUsd: 0, isLogged: false };
    accounts.set(name, account);
    return account;
  };
  const end = (jobId: string, costUsd: number) => {
    const { usd = 0, accounts: charged = [] } = reservations.get(jobId) ?? {};
    reservations.delete(jobId);
    for (const account of charged) account.usedUsd = Math.max(0, account.usedUsd - usd + costUsd);
  };
  return {
    async reserve({ jobId, usd, ...owners }, budgets) {
      const earlier = reservations.get(jobId);
      const uses = budgetsOf(budgets, owners).map(({ budget, owner, limitUsd }) => {
        const account = accountOf(budget, owner);
        const earlierUsd = earlier?.accounts.includes(account) ? earlier.usd : 0;
        return { budget, limitUsd, account, usedUsd: account.usedUsd - earlierUsd, isLogged: account.isLogged };
      });
      const result = checkBudgets(uses, usd);
      if (result.kind === 'overBudget') return result;
      end(jobId, 0);
      for (const { budget, account } of uses) {
        account.isLogged ||= result.nearLimit.includes(budget);
        account.usedUsd += usd;
      }
      reservations.set(jobId, { usd, accounts: uses.map(({ account }) => account) });
      return result;
    },
    settle: async (jobId, usd) => end(jobId, usd),
  };
}
