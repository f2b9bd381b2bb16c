import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryPending } from '../../../src/conversation/stores/memory-pending.ts';
import { watchedLog } from '../../channel/watched-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { itKeepsMessages, saying } from './pending-contract.ts';

function pending() {
  const clock = new ManualClock();
  const log = watchedLog();
  return { clock, log, store: createMemoryPending({ clock }) };
}

itKeepsMessages('memory', async () => pending());

describe('accepted messages in memory', () => {
  it('are known as finished for an hour', async () => {
    const { clock, store } = pending();
    assert.equal(store.isShared, false);
    await store.finish(saying('1'));
    await clock.advance(3_599_999);
    assert.equal(await store.add(saying('1')), false);
    await clock.advance(1);
    assert.equal(await store.add(saying('1')), true);
  });

  it('are forgotten as finished when there are very many of them', async () => {
    const { store } = pending();
    for (let index = 0; index <= 50_000; index++) await store.finish(saying(String(index)));
    assert.equal(await store.add(saying('0')), true);
    assert.equal(await store.add(saying('1')), false);
  });
});
