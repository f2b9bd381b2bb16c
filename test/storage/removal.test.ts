import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Housekeeping } from '../../src/storage/housekeeping.ts';
import { removeListed, removeOlderThan } from '../../src/storage/removal.ts';
import { storageError } from '../support/storage-proxy.ts';
import { all, type StorageUnderTest, startStorage } from './storage-under-test.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const isDelete = ({ method }: { method: string }) => method === 'DELETE';

describe('the removal of what is listed', () => {
  it('removes all below a prefix, and nothing else', async () => {
    const { blobs } = await storage.container();
    for (let index = 0; index < 30; index++) await blobs.write(`a/${index}`, Buffer.from('x'));
    await blobs.write('ab', Buffer.from('x'));
    assert.equal(await removeListed(blobs, 'a/'), 30);
    assert.deepEqual(
      (await all(blobs.list(''))).map(({ name }) => name),
      ['ab'],
    );
  });

  it('spares what is young, and what was written after it was listed', async () => {
    const { blobs, clock } = await storage.container();
    await blobs.write('a', Buffer.from('x'));
    assert.equal(await removeOlderThan(blobs, '', clock.now() - HOUR_MS), 0);
    storage.proxy.rule = async (request) => {
      if (!isDelete(request)) return undefined;
      storage.proxy.rule = () => undefined;
      await blobs.write('a', Buffer.from('y'));
      return undefined;
    };
    assert.equal(await removeOlderThan(blobs, '', clock.now() + HOUR_MS), 0);
    assert.ok(await blobs.describe('a'));
    assert.equal(await removeOlderThan(blobs, '', clock.now() + HOUR_MS), 1);
  });

  it('ends with the first failure, and when it is told to', async () => {
    const { blobs } = await storage.container();
    for (let index = 0; index < 30; index++) await blobs.write(`a/${index}`, Buffer.from('x'));
    storage.proxy.rule = (request) => (isDelete(request) ? storageError(503, 'ServerBusy') : undefined);
    await assert.rejects(removeListed(blobs, ''), { code: 'store_unavailable' });
    assert.equal((await all(blobs.list(''))).length, 30);
    assert.equal(await removeListed(blobs, '', { signal: AbortSignal.abort() }), 0);
  });
});

describe('housekeeping', () => {
  async function house() {
    const { blobs, clock, log } = await storage.container();
    const retention = { recordRetentionMs: 30 * DAY_MS, audioRetentionMs: 7 * DAY_MS };
    const { blobs: audio } = await storage.container();
    const keeping = new Housekeeping({ state: blobs, audio, clock, log: log.log, random: () => 0.5, ...retention });
    const empty = Buffer.alloc(0);
    for (const name of ['conversations/a.json', 'failed/a/b', 'unreadable/a', 'spending/2026-01-01/a', 'pending/a/b']) {
      await blobs.write(name, empty);
    }
    await blobs.write('pending/a/done', empty, { metadata: { done: '1' } });
    await audio.write('a/b', empty);
    const left = async () => [...(await all(blobs.list(''))), ...(await all(audio.list('')))].map(({ name }) => name);
    return { keeping, clock, log, left };
  }

  it('removes each thing in its time, and never a message that waits', async () => {
    const { keeping, clock, left } = await house();
    await keeping.run();
    assert.equal((await left()).length, 7);
    await clock.advance(2 * HOUR_MS);
    await keeping.run();
    assert.ok(!(await left()).includes('pending/a/done'));
    await clock.advance(2 * DAY_MS);
    await keeping.run();
    const month = ['conversations/a.json', 'failed/a/b', 'pending/a/b', 'unreadable/a'];
    assert.deepEqual(await left(), [...month, 'a/b']);
    await clock.advance(5 * DAY_MS);
    await keeping.run();
    assert.deepEqual(await left(), month);
    await clock.advance(24 * DAY_MS);
    await keeping.run();
    assert.deepEqual(await left(), ['pending/a/b']);
  });

  it('logs a failure once, and goes on a day later', async () => {
    const { keeping, clock, log, left } = await house();
    storage.proxy.rule = () => storageError(503, 'ServerBusy');
    keeping.start();
    await clock.whenWaiting(10 * 60_000);
    await clock.advance(10 * 60_000);
    await log.when(({ level }) => level === 'warn');
    await clock.whenWaiting(DAY_MS);
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
    storage.proxy.rule = () => undefined;
    await clock.advance(DAY_MS);
    await log.when(({ msg }) => msg === 'removed what was too old');
    await clock.whenWaiting(DAY_MS);
    assert.ok(!(await left()).includes('pending/a/done'));
    keeping.close();
    keeping.close();
    assert.ok(!clock.waiting.includes(DAY_MS));
  });
});
