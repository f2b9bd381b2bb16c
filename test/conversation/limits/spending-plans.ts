import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Budgets, Reservation, SpendingStore } from '../../../src/conversation/limits/spending-store.ts';

export const DAY_MS = 24 * 3_600_000;

export interface SpendingUnderTest {
  readonly store: SpendingStore;
  /** Other stores that share it, as other instances do; the same store if it is not shared. */
  readonly others: readonly SpendingStore[];
  /** Advances the clock: a multiple of a day, or less than the rest of this one. */
  later(ms: number): Promise<void>;
}

let jobCount = 0;

/** A unique job; it costs one dollar by default. */
export function reservation(fields: Partial<Reservation> = {}): Reservation {
  return { jobId: `job-${++jobCount}`, conversation: 'webchat/a', person: 'webchat/ada', usd: 1, ...fields };
}

type Step =
  | { readonly kind: 'reserve'; readonly conversation: string; readonly person: string; readonly usd: number }
  | { readonly kind: 'again'; readonly pick: number; readonly usd: number }
  | { readonly kind: 'settle'; readonly pick: number; readonly share: number }
  | { readonly kind: 'nextDay' };

const CONVERSATIONS = ['a', 'b', 'c'];
const PEOPLE = ['ada', 'bob'];
const usd = fc.integer({ min: 0, max: 400 }).map((cents) => cents / 100);
const pick = fc.nat({ max: 30 });
const owner = { conversation: fc.constantFrom(...CONVERSATIONS), person: fc.constantFrom(...PEOPLE) };
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('reserve'), ...owner, usd }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again'), pick, usd }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('settle'), pick, share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nextDay') }) },
);

interface Held extends Reservation {
  readonly isOpen: boolean;
}

/** Runs the steps and keeps independent accounts. */
export async function follow(
  steps: readonly Step[],
  budgets: Budgets,
  { store, later }: SpendingUnderTest,
): Promise<void> {
  const { dayUsd = 0, personUsd = 0, conversationUsd = 0 } = budgets;
  let held: Held[] = [];
  const spent = { day: new Map<string, number>(), person: new Map<string, number>(), conversation: new Map() };
  const add = (sums: Map<string, number>, name: string, cost: number) => sums.set(name, (sums.get(name) ?? 0) + cost);

  async function take(one: Reservation): Promise<void> {
    const { kind } = await store.reserve(one, budgets);
    if (kind === 'reserved') held = [...held.filter(({ jobId }) => jobId !== one.jobId), { ...one, isOpen: true }];
  }

  for (const each of steps) {
    const one = 'pick' in each ? held[each.pick] : undefined;
    if (each.kind === 'reserve') await take(reservation(each));
    else if (each.kind === 'again' && one?.isOpen) await take({ ...one, usd: each.usd });
    else if (each.kind === 'settle' && one !== undefined) {
      const cost = one.usd * each.share;
      await store.settle(one.jobId, cost);
      if (!one.isOpen) continue;
      held = held.map((other) => (other === one ? { ...one, isOpen: false } : other));
      add(spent.day, '', cost);
      add(spent.person, one.person, cost);
      add(spent.conversation, one.conversation, cost);
    } else if (each.kind === 'nextDay') {
      await later(DAY_MS);
      for (const sums of [spent.day, spent.person]) sums.clear();
      held = held.map((other) => ({ ...other, isOpen: false }));
    }
    const open = held.filter(({ isOpen }) => isOpen);
    const reserved = (fits: (one: Held) => boolean) => open.filter(fits).reduce((sum, { usd: cost }) => sum + cost, 0);
    const check = (what: string, sum: number, limit: number) => assert.ok(sum <= limit + 1e-9, `${what}: ${sum}`);
    check('the day', (spent.day.get('') ?? 0) + reserved(() => true), dayUsd);
    for (const name of PEOPLE)
      check(name, (spent.person.get(name) ?? 0) + reserved(({ person }) => person === name), personUsd);
    for (const name of CONVERSATIONS)
      check(
        name,
        (spent.conversation.get(name) ?? 0) + reserved((held) => held.conversation === name),
        conversationUsd,
      );
  }
}
