import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type {
  Budgets,
  Reservation,
  ReserveResult,
  SpendingStore,
} from '../../../src/conversation/limits/spending-store.ts';
import { DAY_MS, follow, reservation, type SpendingUnderTest, step } from './spending-plans.ts';

const SEED = 20_261_128;
const NONE: Budgets = { dayUsd: undefined, personUsd: undefined, conversationUsd: undefined };

export interface SpendingContract {
  open(): Promise<SpendingUnderTest>;
  /** The number of runs of the property test. */
  readonly runs: number;
}

function outcomeOf(result: ReserveResult): string {
  return result.kind === 'reserved' ? 'reserved' : result.budget;
}

/** Makes a reservation that has to fit. Resolves with the job. */
async function reserve(store: SpendingStore, budgets: Budgets, fields: Partial<Reservation> = {}): Promise<string> {
  const wanted = reservation(fields);
  assert.equal(outcomeOf(await store.reserve(wanted, budgets)), 'reserved');
  return wanted.jobId;
}

async function spend(store: SpendingStore, usd: number, fields: Partial<Reservation> = {}): Promise<void> {
  const jobId = await reserve(store, NONE, { usd, ...fields });
  await store.settle(jobId, usd);
}

/** The contract of every spending store. */
export function itBoundsSpending(what: string, { open, runs }: SpendingContract): void {
  const outcome = async (store: SpendingStore, budgets: Partial<Budgets>, fields: Partial<Reservation> = {}) =>
    outcomeOf(await store.reserve(reservation(fields), { ...NONE, ...budgets }));

  describe(`spending in ${what}`, () => {
    it('allows every budget to be used up completely, and names the exceeded one', async () => {
      const { store } = await open();
      const budgets = { dayUsd: 10, personUsd: 5, conversationUsd: 3 };
      await reserve(store, budgets, { usd: 2 });
      assert.deepEqual(await store.reserve(reservation({ usd: 1.5 }), budgets), {
        ...{ kind: 'overBudget', budget: 'conversation', neededUsd: 1.5, leftUsd: 1 },
      });
      await reserve(store, budgets, { usd: 1 });
      assert.equal(await outcome(store, budgets, { usd: 0.1 }), 'conversation');
      await reserve(store, budgets, { usd: 2, conversation: 'webchat/b' });
      assert.equal(await outcome(store, budgets, { usd: 0.1, conversation: 'webchat/c' }), 'person');
      const bob = { conversation: 'webchat/c', person: 'webchat/bob' };
      await reserve(store, budgets, { usd: 3, ...bob });
      const eve = { conversation: 'webchat/d', person: 'webchat/eve' };
      await reserve(store, budgets, { usd: 2, ...eve });
      assert.equal(await outcome(store, budgets, { usd: 0.1, ...eve }), 'day');
      assert.equal(await outcome(store, budgets, { usd: 0, ...eve }), 'reserved');
    });

    it('counts what was spent of a reservation, and refunds the rest', async () => {
      const { store } = await open();
      const budgets = { ...NONE, dayUsd: 2 };
      const jobId = await reserve(store, budgets, { usd: 2 });
      assert.equal(await outcome(store, budgets, { usd: 0.5 }), 'day');
      await store.settle(jobId, 1.5);
      assert.equal(await outcome(store, budgets, { usd: 0.6 }), 'day');
      await reserve(store, budgets, { usd: 0.5 });
      assert.equal(await outcome(store, budgets, { usd: 0.01 }), 'day');
    });

    it('settles a job once, and settles nothing for a job without a reservation', async () => {
      const { store } = await open();
      const budgets = { ...NONE, dayUsd: 2 };
      const jobId = await reserve(store, budgets, { usd: 1 });
      for (let count = 0; count < 3; count++) await store.settle(jobId, 1);
      await store.settle('unknown', 1);
      await reserve(store, budgets, { usd: 1 });
      assert.equal(await outcome(store, budgets, { usd: 0.01 }), 'day');
    });

    it("replaces a job's reservation with a larger or smaller one, unless it does not fit", async () => {
      const { store } = await open();
      const budgets = { dayUsd: 4, personUsd: 3, conversationUsd: 3 };
      const jobId = await reserve(store, budgets, { usd: 1 });
      await reserve(store, budgets, { jobId, usd: 3 });
      assert.equal(await outcome(store, budgets, { jobId, usd: 3.1 }), 'conversation');
      assert.equal(await outcome(store, budgets, { usd: 1.1, conversation: 'b', person: 'b' }), 'day');
      await reserve(store, budgets, { jobId, usd: 2 });
      await reserve(store, budgets, { usd: 2, conversation: 'b', person: 'b' });
      await store.settle(jobId, 0);
      await reserve(store, budgets, { usd: 2 });
    });

    it('begins a new day at midnight UTC, except for conversations', async () => {
      const { store, later } = await open();
      const budgets = { dayUsd: 2, personUsd: 2, conversationUsd: 3 };
      await spend(store, 1);
      const jobId = await reserve(store, budgets, { usd: 1 });
      assert.equal(await outcome(store, budgets, { usd: 0.1, conversation: 'b' }), 'person');
      assert.equal(await outcome(store, budgets, { usd: 0.1, conversation: 'b', person: 'b' }), 'day');
      await store.settle(jobId, 1);
      await later(DAY_MS);
      await reserve(store, budgets, { usd: 1 });
      assert.equal(await outcome(store, budgets, { usd: 0.1 }), 'conversation');
      assert.equal(await outcome(store, budgets, { usd: 1.1, conversation: 'b' }), 'person');
      await reserve(store, budgets, { usd: 1, conversation: 'b' });
    });

    it('counts a reservation as spent if its job does not end within an hour', async () => {
      const { store, later } = await open();
      const budgets = { ...NONE, conversationUsd: 3 };
      const lost = await reserve(store, budgets, { usd: 2 });
      await later(DAY_MS);
      assert.equal(await outcome(store, budgets, { usd: 1.1 }), 'conversation');
      await store.settle(lost, 0);
      assert.equal(await outcome(store, budgets, { jobId: lost, usd: 1.1 }), 'conversation');
      await reserve(store, budgets, { jobId: lost, usd: 1 });
    });

    it('counts a reservation only on its own day', async () => {
      const { store, later } = await open();
      const budgets = { ...NONE, dayUsd: 2 };
      const lost = await reserve(store, budgets, { usd: 1 });
      const kept = await reserve(store, budgets, { usd: 1 });
      assert.equal(await outcome(store, budgets, { usd: 1 }), 'day');
      await later(DAY_MS);
      // The job is alive and shows it by another reservation.
      await reserve(store, budgets, { jobId: kept, usd: 1 });
      await reserve(store, budgets, { usd: 1 });
      assert.equal(await outcome(store, budgets, { usd: 0.1 }), 'day');
      await store.settle(lost, 1);
      await store.settle(kept, 0);
      await reserve(store, budgets, { usd: 1 });
    });

    it('reports each budget once when 80 % of it are used', async () => {
      const { store, later } = await open();
      const budgets = { dayUsd: 10, personUsd: 10, conversationUsd: 5 };
      const nearOf = async (usd: number, fields: Partial<Reservation> = {}) => {
        const wanted = reservation({ usd, ...fields });
        const result = await store.reserve(wanted, budgets);
        assert.equal(result.kind, 'reserved');
        await store.settle(wanted.jobId, usd);
        return result.kind === 'reserved' ? result.nearLimit.toSorted() : [];
      };
      assert.deepEqual(await nearOf(3.9), []);
      assert.deepEqual(await nearOf(0.1), ['conversation']);
      assert.deepEqual(await nearOf(0.1), []);
      assert.deepEqual(await nearOf(3.9, { conversation: 'b' }), ['day', 'person']);
      assert.deepEqual(await nearOf(0.2, { conversation: 'b' }), ['conversation']);
      assert.deepEqual(await nearOf(0.2, { conversation: 'c', person: 'c' }), []);
      await later(DAY_MS);
      assert.deepEqual(await nearOf(0.1), []);
      assert.deepEqual(await nearOf(4, { conversation: 'd', person: 'd' }), ['conversation']);
      assert.deepEqual(await nearOf(4, { conversation: 'e', person: 'd' }), ['conversation', 'day', 'person']);
    });

    it('distinguishes users and conversations, whatever their names', async () => {
      const { store } = await open();
      const long = 'ü'.repeat(5_000);
      const names = ['', 'a', 'A', ' a', `${long}1`, `${long}2`, 'a\u0000', '\ud800', "'; --"];
      for (const name of names)
        await reserve(store, { ...NONE, conversationUsd: 1 }, { usd: 1, conversation: name, person: 'p' });
      for (const name of names)
        assert.equal(await outcome(store, { conversationUsd: 1 }, { conversation: name }), 'conversation');
      for (const name of names) await spend(store, 1, { conversation: 'c', person: name });
      for (const name of names)
        assert.equal(await outcome(store, { personUsd: 1 }, { conversation: 'd', person: name }), 'person');
    });

    it('is never exceeded by 300 concurrent reservations, and can be used up completely', async () => {
      const { store, others } = await open();
      const stores = [store, ...others];
      const budgets = { dayUsd: 60, personUsd: 20, conversationUsd: 7 };
      const wanted = Array.from({ length: 300 }, (_, index) => {
        const fields = { conversation: `c-${index % 30}`, person: `p-${index % 5}`, usd: 1 };
        return reservation(fields);
      });
      const results = await Promise.all(
        wanted.map((each, index) => (stores[index % stores.length] ?? store).reserve(each, budgets)),
      );
      const taken = wanted.filter((_, index) => results[index]?.kind === 'reserved');
      assert.equal(taken.length, 60);
      for (const field of ['person', 'conversation'] as const) {
        const most = field === 'person' ? 20 : 7;
        for (const name of new Set(taken.map((each) => each[field])))
          assert.ok(taken.filter((each) => each[field] === name).length <= most, name);
      }
      await Promise.all(taken.map(({ jobId }, index) => (stores[index % stores.length] ?? store).settle(jobId, 0.5)));
      assert.equal(await outcome(store, { dayUsd: 60 }, { conversation: 'x', person: 'x', usd: 30.1 }), 'day');
      assert.equal(await outcome(store, { dayUsd: 60 }, { conversation: 'x', person: 'x', usd: 30 }), 'reserved');
    });

    it('stays within its budgets for turns in any order', async () => {
      const plan = fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 6 }),
        async (steps, dayUsd, personUsd, conversationUsd) =>
          follow(steps, { dayUsd, personUsd, conversationUsd }, await open()),
      );
      await fc.assert(plan, { seed: SEED, numRuns: runs });
    });
  });
}
