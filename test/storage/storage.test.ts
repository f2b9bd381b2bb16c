import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openStorage } from '../../src/storage/storage.ts';
import { createTaggedWrites } from '../../src/storage/tagged-write.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { storageError } from '../support/storage-proxy.ts';
import { once, type StorageUnderTest, startStorage } from './storage-under-test.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

function open() {
  const clock = new ManualClock();
  const log = watchedLog();
  const account = { kind: 'azureConnectionString', connectionString: storage.proxy.connectionString } as const;
  return { clock, log, opened: openStorage({ account, clock, log: log.log }) };
}

describe('the storage', () => {
  it('sends nothing before it is started, and then creates its containers until that works', async () => {
    const { clock, log, opened } = open();
    assert.equal(storage.proxy.requests.length, 0);
    storage.proxy.rule = () => storageError(403, 'AuthorizationPermissionMismatch');
    opened.start();
    opened.start();
    for (const delayMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await clock.whenWaiting(delayMs);
      await clock.advance(delayMs);
    }
    await clock.whenWaiting(30_000);
    const warned = log.lines.filter(({ level }) => level === 'warn');
    assert.equal(warned.length, 1);
    assert.match(String(warned[0]?.['todo']), /the key or the signature/);
    assert.doesNotMatch(JSON.stringify(log.lines), /AccountKey|SharedKey|Eby8/);
    storage.proxy.rule = () => undefined;
    await clock.advance(30_000);
    await log.when(({ msg }) => msg === 'the storage works again');
    await opened.state.write('a', Buffer.from('x'));
    await opened.audio.write('a', Buffer.from('x'));
  });

  it('says when it works at once, and other instances do not disturb that', async () => {
    const two = [open(), open()];
    for (const { opened } of two) opened.start();
    for (const { log } of two) await log.when(({ msg }) => msg === 'the storage works');
    for (const { log } of two) assert.ok(log.lines.every(({ level }) => level === 'info' || level === 'debug'));
  });

  it('gives up when it is closed', async () => {
    const { clock, opened, log } = open();
    storage.proxy.rule = () => 'drop';
    opened.start();
    await clock.whenWaiting(1_000);
    opened.close();
    opened.close();
    assert.ok(!clock.waiting.includes(1_000));
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
  });
});

describe('a tagged write', () => {
  it('whose answer is lost knows itself again', async () => {
    const { blobs } = await storage.container();
    const write = createTaggedWrites(blobs);
    let over: string | undefined;
    for (const text of ['one', 'two', 'three']) {
      const tried = { name: 'a', body: Buffer.from(text), over };
      once(storage.proxy, 'answerLost', ({ method }) => method === 'PUT');
      await assert.rejects(write(tried), { code: 'store_unavailable' });
      over = await write(tried);
      assert.equal((await blobs.describe('a'))?.tag, over);
    }
  });

  it('is not taken for the same by another writer, nor over another version', async () => {
    const { blobs } = await storage.container();
    const [write, other] = [createTaggedWrites(blobs), createTaggedWrites(blobs)];
    const body = Buffer.from('one');
    const first = await write({ name: 'a', body, over: undefined });
    await assert.rejects(other({ name: 'a', body, over: undefined }), { code: 'store_conflict' });
    await write({ name: 'a', body, over: first });
    await assert.rejects(write({ name: 'a', body, over: undefined }), { code: 'store_conflict' });
  });
});
