import type { Budgets, OverBudget, Reservation, ReserveResult } from './spending-store.ts';

/** How much of a budget is used, without what the same job has reserved before. */
export interface BudgetUse {
  readonly budget: OverBudget['budget'];
  readonly limitUsd: number;
  /** The sum of what is spent and what is reserved. */
  readonly usedUsd: number;
  /** Whether the log has said that it is nearly used up. */
  readonly isLogged: boolean;
}

/** The part of a budget whose use is logged, once. */
export const NEAR_SHARE = 0.8;

/** The budgets that have a limit, the narrowest first, each with its owner. */
export function limitedBudgets(
  { conversationUsd, personUsd, dayUsd }: Budgets,
  { conversation, person }: Pick<Reservation, 'conversation' | 'person'>,
) {
  const all = [
    { budget: 'conversation', owner: conversation, limitUsd: conversationUsd },
    { budget: 'person', owner: person, limitUsd: personUsd },
    { budget: 'day', owner: '', limitUsd: dayUsd },
  ] as const;
  return all.flatMap(({ limitUsd, ...each }) => (limitUsd === undefined ? [] : [{ ...each, limitUsd }]));
}

/** Whether a reservation fits in all budgets; the first that it exceeds is named. */
export function checkBudgets(uses: readonly BudgetUse[], usd: number): ReserveResult {
  const over = uses.find(({ usedUsd, limitUsd }) => usedUsd + usd > limitUsd);
  if (over !== undefined)
    return { kind: 'overBudget', budget: over.budget, neededUsd: usd, leftUsd: over.limitUsd - over.usedUsd };
  const near = uses.filter(({ usedUsd, limitUsd, isLogged }) => !isLogged && usedUsd + usd >= NEAR_SHARE * limitUsd);
  return { kind: 'reserved', nearLimit: near.map(({ budget }) => budget) };
}
