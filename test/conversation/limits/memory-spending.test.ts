import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemorySpending } from '../../../src/conversation/limits/memory-spending.ts';
import { RESERVATION_MS } from '../../../src/conversation/limits/spending-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { itBoundsSpending } from './spending-contract.ts';

const DAY_MS = 86_400_000;

itBoundsSpending('memory', {
  async open() {
    const clock = new ManualClock();
    const store = createMemorySpending(clock);
    return { store, others: [store], later: (ms) => clock.advance(ms) };
  },
  runs: 500,
});

describe('the memory spending store', () => {
  const budgets = { dayUsd: 2, personUsd: undefined, conversationUsd: undefined };
  const reservation = (jobId: string) => ({ jobId, conversation: 'a', person: 'a', usd: 1 });

  it('counts a reservation on the day on which it was made', async () => {
    const clock = new ManualClock();
    await clock.advance(DAY_MS - (clock.now() % DAY_MS) - 1);
    const store = createMemorySpending(clock);
    assert.equal((await store.reserve({ ...reservation('1'), usd: 2 }, budgets)).kind, 'reserved');
    await clock.advance(1);
    await store.settle('1', 2);
    assert.equal((await store.reserve({ ...reservation('2'), usd: 2 }, budgets)).kind, 'reserved');
  });

  it('settles a reservation until an hour after it was made, and not a millisecond later', async () => {
    const clock = new ManualClock();
    const store = createMemorySpending(clock);
    for (const job of ['1', '2']) await store.reserve(reservation(job), budgets);
    await clock.advance(RESERVATION_MS);
    await store.settle('1', 0);
    assert.equal((await store.reserve(reservation('3'), budgets)).kind, 'reserved');
    await clock.advance(1);
    await store.settle('2', 0);
    assert.equal((await store.reserve(reservation('4'), budgets)).kind, 'overBudget');
  });
});
