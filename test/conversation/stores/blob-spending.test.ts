import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createBlobSpending } from '../../../src/conversation/stores/blob-spending.ts';
import { all, once, type StorageUnderTest, startStorage } from '../../storage/storage-under-test.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

/** 2026-11-23. */
const DAY = 20_780;

async function spending() {
  const { blobs } = await storage.container();
  return { blobs, of: (instance: string) => createBlobSpending({ blobs, instance }) };
}

describe('spending in blobs', () => {
  it('is told to all others, by day', async () => {
    const { blobs, of } = await spending();
    const [one, two, three] = [of('one'), of('two'), of('three')];
    await Promise.all([one.tell(DAY, 1.5), two.tell(DAY, 0.25), one.tell(DAY + 1, 8)]);
    assert.deepEqual(await Promise.all([one, two, three].map((each) => each.others(DAY))), [0.25, 1.5, 1.75]);
    assert.deepEqual(await Promise.all([one, two].map((each) => each.others(DAY + 1))), [0, 8]);
    await one.tell(DAY, 2);
    assert.equal(await two.others(DAY), 2);
    const [{ name } = { name: '' }] = await all(blobs.list('spending/'));
    assert.equal(name, 'spending/2026-11-23/one');
  });

  it('is told in order, and only as often as it can be', async () => {
    const { of } = await spending();
    const one = of('one');
    const held = Promise.withResolvers<undefined>();
    const before = storage.proxy.requests.length;
    storage.proxy.rule = () => {
      storage.proxy.rule = () => undefined;
      return held.promise;
    };
    const told = [1, 2, 3, 4, 5].map((usd) => one.tell(DAY, usd));
    held.resolve(undefined);
    await Promise.all(told);
    assert.equal(storage.proxy.requests.length - before, 2);
    assert.equal(await of('two').others(DAY), 5);
  });

  it('is told again after a failure, of which its own caller alone hears', async () => {
    const { of } = await spending();
    const one = of('one');
    once(storage.proxy, 'drop');
    const [first, second] = await Promise.allSettled([one.tell(DAY, 1), one.tell(DAY, 2)]);
    assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled']);
    assert.equal(await of('two').others(DAY), 2);
  });
});
