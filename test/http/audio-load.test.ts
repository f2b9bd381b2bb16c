import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { StoreError } from '../../src/errors.ts';
import { MAX_READS, MAX_WAITING_READS } from '../../src/http/audio-reader.ts';
import { CHUNK_BYTES } from '../../src/http/audio-route.ts';
import { MAX_LOOKUPS } from '../../src/http/shared-lookups.ts';
import { bodyOf, bytesOf, idOf, LARGE_BYTES, serve, slowClient, until, untilStill } from './counted-store.ts';
import { assertRefusal } from './raw-request.ts';

describe('concurrent requests for audio', { timeout: 60_000 }, () => {
  it('share one lookup of the same audio, and the next request looks again', async (t) => {
    const { fake, url } = await serve(t);
    fake.holdsFinds = true;
    const asked = Array.from({ length: 60 }, (_, index) => {
      if (index % 3 === 2) return fetch(url(1).replace(/\.wav$/, ''));
      return fetch(url(1), { method: index % 3 === 0 ? 'HEAD' : 'GET' });
    });
    await until(() => fake.held.length === 1);
    await fetch(new URL('/health', url(1)));
    fake.held[0]?.answer();
    for (const response of await Promise.all(asked)) assert.equal(response.status, 200);
    assert.equal(fake.finds.length, 1);
    fake.holdsFinds = false;
    assert.equal((await fetch(url(1), { method: 'HEAD' })).status, 200);
    assert.equal(fake.finds.length, 2);
  });

  it('share the failure of a lookup, which is not cached', async (t) => {
    const { fake, url } = await serve(t);
    fake.holdsFinds = true;
    const asked = Array.from({ length: 5 }, () => fetch(url(1), { method: 'HEAD' }));
    await until(() => fake.held.length === 1);
    await fetch(new URL('/health', url(1)));
    fake.held[0]?.fail(new StoreError('store_unavailable', 'gone'));
    for (const response of await Promise.all(asked)) assert.equal(response.status, 503);
    fake.holdsFinds = false;
    assert.equal((await fetch(url(1), { method: 'HEAD' })).status, 200);
  });

  it('start at most a fixed number of lookups: the others get 503 with Retry-After', async (t) => {
    const { fake, url } = await serve(t);
    fake.holdsFinds = true;
    const taken = Array.from({ length: MAX_LOOKUPS }, (_, index) => fetch(url(index)));
    await until(() => fake.held.length === MAX_LOOKUPS);
    for (const path of [url(1_000), url(1_001).replace(/\.wav$/, '')]) {
      const refused = await fetch(path);
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get('retry-after'), '5');
      assertRefusal(await refused.text(), 'busy');
    }
    const shared = fetch(url(0), { method: 'HEAD' });
    fake.holdsFinds = false;
    for (const each of fake.held) each.answer();
    for (const response of await Promise.all([...taken, shared])) assert.equal(response.status, 200);
    assert.equal((await fetch(url(1_000), { method: 'HEAD' })).status, 200);
  });

  it('read from the store a few at a time, and all are served', async (t) => {
    const { fake, url } = await serve(t);
    fake.holdsReads = true;
    const asked = Array.from({ length: MAX_READS + 20 }, (_, index) => fetch(url(index)).then(bodyOf));
    await until(() => fake.held.length === MAX_READS);
    await fetch(new URL('/health', url(1)));
    assert.equal(fake.readCount, MAX_READS);
    fake.holdsReads = false;
    for (const each of fake.held) each.answer();
    const whole = bytesOf({ start: 0, end: fake.byteLength - 1 });
    for (const body of await Promise.all(asked)) assert.ok(body.equals(whole));
    assert.equal(fake.maxReadCount, MAX_READS);
  });

  it('share reads of the same bytes, even if the first client has left', async (t) => {
    const { fake, port, path, url } = await serve(t);
    fake.holdsReads = true;
    const first = await slowClient(t, port, path(1));
    await until(() => fake.held.length === 1);
    const asked = Array.from({ length: 20 }, () => fetch(url(1)).then(bodyOf));
    await until(() => fake.finds.length > 1);
    await fetch(new URL('/health', url(1)));
    first.destroy();
    fake.holdsReads = false;
    fake.held[0]?.answer();
    const whole = bytesOf({ start: 0, end: fake.byteLength - 1 });
    for (const body of await Promise.all(asked)) assert.ok(body.equals(whole));
    assert.equal(fake.reads.length, Math.ceil(fake.byteLength / CHUNK_BYTES));
  });

  it('wait for the store in a limited number', async (t) => {
    const { fake, url } = await serve(t);
    fake.holdsReads = true;
    fake.byteLength = 1_000;
    const asked: Promise<Response>[] = [];
    // In batches, because the number of concurrent lookups is limited.
    for (let index = 0; index < MAX_READS + MAX_WAITING_READS; index++) {
      asked.push(fetch(url(index)));
      if (index % 8 === 7) await until(() => fake.finds.length === index + 1);
    }
    await until(() => fake.finds.length === MAX_READS + MAX_WAITING_READS);
    const refused = await fetch(url(1_000));
    assert.equal(refused.status, 503);
    assertRefusal(await refused.text(), 'busy');
    fake.holdsReads = false;
    for (const each of fake.held) each.answer();
    for (const response of await Promise.all(asked)) assert.equal((await bodyOf(response)).length, fake.byteLength);
  });
});

describe('the store reads for an audio request', { timeout: 60_000 }, () => {
  it('are none for HEAD, a cache hit or an unsatisfiable range', async (t) => {
    const { fake, url } = await serve(t);
    const ranged = { range: 'bytes=0-99' };
    const answers = [
      await fetch(url(1), { method: 'HEAD' }),
      await fetch(url(1), { method: 'HEAD', headers: ranged }),
      await fetch(url(1), { headers: { 'if-none-match': `"${idOf(1)}"` } }),
      await fetch(url(1), { headers: { range: 'bytes=999999-' } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 304, 416],
    );
    assert.equal(answers[0]?.headers.get('content-length'), '300000');
    // Ranges are defined only for GET: RFC 9110, 14.2.
    assert.equal(answers[1]?.headers.get('content-length'), '300000');
    assert.deepEqual(fake.reads, []);
  });

  it('cover only its range', async (t) => {
    const { fake, url } = await serve(t);
    const response = await fetch(url(1), { headers: { range: 'bytes=1000-1999' } });
    assert.ok((await bodyOf(response)).equals(bytesOf({ start: 1_000, end: 1_999 })));
    assert.deepEqual(fake.reads, [{ start: 1_000, end: 1_999 }]);
  });

  for (const headers of [{}, { range: 'bytes=0-' }, { range: 'bytes=7-' }, { range: 'bytes=0-9,20-29' }]) {
    it(`come one chunk after another (${JSON.stringify(headers)})`, async (t) => {
      const { fake, url } = await serve(t);
      fake.byteLength = 5 * CHUNK_BYTES + 1;
      const start = headers.range === 'bytes=7-' ? 7 : 0;
      const body = await bodyOf(await fetch(url(1), { headers }));
      assert.ok(body.equals(bytesOf({ start, end: fake.byteLength - 1 })));
      assert.deepEqual([fake.maxReadCount, fake.reads.length], [1, start === 7 ? 5 : 6]);
      for (const range of fake.reads) assert.ok(range !== undefined && range.end - range.start < CHUNK_BYTES);
    });
  }

  it('are none for empty audio', async (t) => {
    const { fake, url } = await serve(t);
    fake.byteLength = 0;
    const response = await fetch(url(1));
    assert.deepEqual([response.status, response.headers.get('content-length')], [200, '0']);
    assert.deepEqual(fake.reads, []);
  });

  it('do not exceed the pace of a slow client, which gets everything in the end', async (t) => {
    const { fake, port, path } = await serve(t);
    fake.byteLength = LARGE_BYTES;
    const socket = await slowClient(t, port, path(1));
    await until(() => fake.reads.length > 0);
    // The operating system's own buffers are not counted.
    const read = await untilStill(() => fake.reads.length);
    assert.ok(read * CHUNK_BYTES < LARGE_BYTES / 2, `${read} chunks were read`);
    let received = 0;
    socket.on('data', (data: Buffer) => {
      received += data.byteLength;
    });
    await until(() => received > LARGE_BYTES);
    assert.equal(fake.reads.length, LARGE_BYTES / CHUNK_BYTES);
  });

  it('end with an aborted request, even while it waits for its turn', async (t) => {
    const { fake, port, path, url } = await serve(t);
    fake.byteLength = 4 * CHUNK_BYTES;
    fake.holdsReads = true;
    const sockets: Socket[] = [];
    for (let index = 0; index < MAX_READS + 5; index++) {
      sockets.push(await slowClient(t, port, path(index)));
      await until(() => fake.finds.length === index + 1);
    }
    await until(() => fake.held.length === MAX_READS);
    for (const socket of sockets) socket.destroy();
    // Requested after the others have left, so it is served as soon as there is room again.
    const last = fetch(url(1_000));
    await until(() => fake.finds.length === MAX_READS + 6);
    fake.holdsReads = false;
    for (const each of fake.held) each.answer();
    assert.equal((await bodyOf(await last)).byteLength, fake.byteLength);
    assert.equal(fake.reads.length, MAX_READS + 4);
  });
});

describe('a store failure during an audio response', { timeout: 60_000 }, () => {
  it('causes an error status at the first chunk', async (t) => {
    const { fake, url } = await serve(t);
    fake.holdsReads = true;
    const asked = fetch(url(1));
    await until(() => fake.held.length === 1);
    fake.held[0]?.fail(new StoreError('store_unavailable', 'gone'));
    const response = await asked;
    assert.equal(response.status, 503);
    assertRefusal(await response.text(), 'busy');
  });

  it('truncates the response at a later chunk, and is logged', async (t) => {
    const { fake, url, log } = await serve(t);
    fake.holdsReads = true;
    const response = await new Promise<IncomingMessage>((resolve) => {
      httpGet(url(1), resolve);
      void until(() => fake.held.length === 1).then(() => fake.held[0]?.answer());
    });
    assert.equal(response.statusCode, 200);
    const ended = once(response.resume(), 'end').then(
      () => 'end',
      (error: NodeJS.ErrnoException) => error.code,
    );
    await until(() => fake.held.length === 2);
    fake.held[1]?.fail(new StoreError('store_unavailable', 'gone'));
    assert.equal(await ended, 'ECONNRESET');
    await log.when(({ level }) => level === 'warn');
  });

  it('causes 404 if the audio was deleted after its lookup', async (t) => {
    const { fake, url } = await serve(t);
    fake.store.read = async () => undefined;
    assert.equal((await fetch(url(1))).status, 404);
  });
});
