import type { LimitSettings } from '../../config/limit-settings.ts';

/** Bounds of what the model may cost; see `personKey` of a message for a person. */
export type Budgets = Pick<LimitSettings, 'dayUsd' | 'personUsd' | 'conversationUsd'>;

/** How long a reservation can be settled or replaced. After that, what it has reserved counts as spent. */
export const RESERVATION_MS = 3_600_000;

/** The most that a turn may cost. */
export interface Reservation {
  /** See `TurnJob`: an attempt replaces what an earlier one has reserved. */
  readonly jobId: string;
  readonly conversation: string;
  readonly person: string;
  readonly usd: number;
}

/** Why a turn may not run: it may cost more than is left of a budget. */
export interface OverBudget {
  readonly kind: 'overBudget';
  readonly budget: 'day' | 'person' | 'conversation';
  readonly neededUsd: number;
  readonly leftUsd: number;
}

/**
 * The result of a reservation. `nearLimit` names the budgets of which 80 % are now spent or reserved for the first time
 * that day (for a conversation: ever); they are logged.
 */
export type ReserveResult =
  | { readonly kind: 'reserved'; readonly nearLimit: readonly OverBudget['budget'][] }
  | OverBudget;

/**
 * What was spent and what is reserved; both count for the day (UTC) of the reservation. Invariant: spent and reserved
 * together never exceed a budget, however many instances reserve at once. Rejects with a StoreError when the store
 * cannot be reached.
 */
export interface SpendingStore {
  /** Replaces the job's own reservation, if it has one. */
  reserve(reservation: Reservation, budgets: Budgets): Promise<ReserveResult>;
  /** Counts what the job has cost instead of what it has reserved. Does nothing without a reservation. */
  settle(jobId: string, usd: number): Promise<void>;
}

/** How much of a budget is used, without what the same job has reserved before. */
export interface BudgetUse extends Budget {
  /** The sum of what is spent and what is reserved. */
  readonly usedUsd: number;
  /** Whether the log has said that it is nearly used up. */
  readonly isLogged: boolean;
}

interface Budget {
  readonly budget: OverBudget['budget'];
  /** Infinity if there is no limit. */
  readonly limitUsd: number;
}

/** The part of a budget whose use is logged, once. */
export const NEAR_SHARE = 0.8;

/** The budgets that a reservation counts in, the narrowest first, each with its owner. */
export function budgetsOf(
  { conversationUsd, personUsd, dayUsd }: Budgets,
  { conversation, person }: Pick<Reservation, 'conversation' | 'person'>,
): readonly (Budget & { readonly owner: string })[] {
  return [
    { budget: 'conversation', owner: conversation, limitUsd: conversationUsd ?? Infinity },
    { budget: 'person', owner: person, limitUsd: personUsd ?? Infinity },
    { budget: 'day', owner: '', limitUsd: dayUsd ?? Infinity },
  ];
}

/** Whether a reservation fits in all budgets; the first that it exceeds is named. */
export function checkBudgets(uses: readonly BudgetUse[], usd: number): ReserveResult {
  const over = uses.find(({ usedUsd, limitUsd }) => usedUsd + usd > limitUsd);
  if (over !== undefined)
    return { kind: 'overBudget', budget: over.budget, neededUsd: usd, leftUsd: over.limitUsd - over.usedUsd };
  const near = uses.filter(({ usedUsd, limitUsd, isLogged }) => !isLogged && usedUsd + usd >= NEAR_SHARE * limitUsd);
  return { kind: 'reserved', nearLimit: near.map(({ budget }) => budget) };
}
