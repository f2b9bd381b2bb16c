import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';
import { inTime } from '../realtime/gathered.ts';
import { type StorageFate, storageError } from '../support/storage-proxy.ts';
import { all, type ContainerUnderTest, type StorageUnderTest, startStorage } from './storage-under-test.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

const NAMES = ['plain', 'a/b/c.json', 'with space', 'ü/日本語', 'per%41cent', 'a?b=c#d', "it's+&more", 'a:b@c'];
const TEXT = 'text/plain';
const namesIn = (blobs: AzureBlobs, prefix = '') => all(blobs.list(prefix));
const unavailable = { name: 'StoreError', code: 'store_unavailable' };
const refused = { name: 'StoreError', code: 'store_access_denied' };

describe('blobs in Azure', () => {
  it('are returned as they were written, byte by byte, whatever their name', async () => {
    const { blobs } = await storage.container();
    for (const name of NAMES) {
      const body = randomBytes(1_000);
      const metadata = { expires: '1' };
      await blobs.write(name, body, TEXT, metadata);
      assert.deepEqual(await blobs.read(name), { metadata, body });
      const range = { start: 10, end: 19 };
      assert.deepEqual(await blobs.read(name, range), { metadata, body: body.subarray(10, 20) });
      assert.deepEqual(await namesIn(blobs, name), [name]);
    }
    assert.deepEqual((await namesIn(blobs)).toSorted(), NAMES.toSorted());
  });

  it('may be empty or large, and can be overwritten', async () => {
    const { blobs } = await storage.container();
    for (const body of [Buffer.alloc(0), randomBytes(3_000_000)]) {
      await blobs.write('a', body, TEXT);
      assert.ok((await blobs.read('a'))?.body.equals(body));
    }
  });

  it('are reported as not found if they do not exist', async () => {
    const { blobs } = await storage.container();
    assert.equal(await blobs.read('a'), undefined);
    assert.equal(await blobs.read('a', { start: 0, end: 9 }), undefined);
    await blobs.delete('a');
    assert.deepEqual(await namesIn(blobs), []);
  });

  it('are listed by the prefix of their names, in order', async () => {
    const { blobs } = await storage.container();
    const names = ['many/3', 'many/1', 'other', 'many/2'];
    for (const name of names) await blobs.write(name, Buffer.alloc(0), TEXT);
    assert.deepEqual(await namesIn(blobs, 'many/'), ['many/1', 'many/2', 'many/3']);
  });
});

const CALLS: Readonly<Record<string, (blobs: AzureBlobs) => Promise<unknown>>> = {
  read: (blobs) => blobs.read('a'),
  'read a part': (blobs) => blobs.read('a', { start: 0, end: 0 }),
  write: (blobs) => blobs.write('a', Buffer.from('x'), TEXT),
  delete: (blobs) => blobs.delete('a'),
  list: (blobs) => namesIn(blobs),
};

const FAULTS: readonly (readonly [string, StorageFate, object])[] = [
  ['500', storageError(500, 'InternalError'), unavailable],
  ['503', storageError(503, 'ServerBusy'), unavailable],
  ['429', { status: 429 }, unavailable],
  ['404 without a code', { status: 404 }, unavailable],
  ['a missing container', storageError(404, 'ContainerNotFound'), unavailable],
  ['a container being deleted', storageError(409, 'ContainerBeingDeleted'), unavailable],
  ['401', storageError(401, 'InvalidAuthenticationInfo'), refused],
  ['403', storageError(403, 'AuthorizationPermissionMismatch'), refused],
  ['a broken connection', 'dropRequest', unavailable],
  ['a lost answer', 'dropResponse', unavailable],
];

describe('a call to Azure', () => {
  let container: ContainerUnderTest;
  before(async () => {
    container = await storage.container();
    await container.blobs.write('a', Buffer.from('x'), TEXT);
  });

  for (const [name, call] of Object.entries(CALLS)) {
    for (const [what, fate, error] of FAULTS) {
      it(`to ${name} is tried once, and fails with ${what}`, async () => {
        const { blobs } = container;
        // Deleted by the previous call.
        if (name === 'delete') await blobs.write('a', Buffer.from('x'), TEXT);
        const before = storage.proxy.requests.length;
        storage.proxy.rule = () => fate;
        await assert.rejects(call(blobs), (thrown: Error) => {
          assert.deepEqual({ ...error, name: thrown.name }, { ...error });
          assert.doesNotMatch(
            JSON.stringify([thrown.message, thrown.stack, thrown.cause]),
            /AccountKey|SharedKey|Eby8/,
          );
          return true;
        });
        assert.equal(storage.proxy.requests.length - before, 1);
        storage.proxy.rule = () => undefined;
        await call(blobs);
      });
    }

    it(`to ${name} times out`, async () => {
      const { blobs, clock } = await storage.container();
      storage.proxy.rule = () => 'hang';
      const before = storage.proxy.requests.length;
      const failed = assert.rejects(inTime(call(blobs)), { ...unavailable, message: /no answer within 4000 ms/ });
      await storage.proxy.whenRequest((request) => storage.proxy.requests.indexOf(request) >= before);
      await clock.advance(3_999);
      await clock.advance(1);
      await failed;
      assert.deepEqual(clock.waiting, []);
    });

    it(`to ${name} fails while the account is unreachable, and works again afterwards`, async () => {
      const { blobs } = container;
      await storage.proxy.cut();
      await assert.rejects(call(blobs), unavailable);
      await storage.proxy.restore();
      await call(blobs);
    });
  }

  it('has more time if its body is large', async () => {
    const { blobs, clock } = await storage.container();
    const body = Buffer.alloc(300_000);
    await blobs.write('large', body, TEXT);
    storage.proxy.rule = () => 'hang';
    const failed = assert.rejects(inTime(blobs.write('large', body, TEXT)), unavailable);
    await clock.whenWaiting(10_000);
    assert.deepEqual(clock.waiting, [10_000]);
    await clock.advance(10_000);
    await failed;
  });
});

it('a missing container is reported with its code', async () => {
  const { blobs } = await storage.container({ isMissing: true });
  for (const call of Object.values(CALLS))
    await assert.rejects(call(blobs), { ...unavailable, reason: 'ContainerNotFound' });
});

describe('the client of Azure Blob Storage', () => {
  it('is opened again if opening it failed', async () => {
    const { options } = await storage.container();
    let opened = 0;
    const open = async () => {
      if (opened++ === 0) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return options.open();
    };
    const blobs = new AzureBlobs({ ...options, open });
    await assert.rejects(blobs.read('a'), unavailable);
    assert.equal(await blobs.read('a'), undefined);
    assert.equal(await blobs.read('a'), undefined);
    assert.equal(opened, 2);
  });
});
