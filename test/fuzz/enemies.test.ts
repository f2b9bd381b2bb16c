import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type RawResponse, sendRaw } from '../http/raw-request.ts';
import type { Figures } from '../support/kit/probe.ts';
import { type BotUnderFire, startBotUnderFire } from './bot-under-fire.ts';
import { HALF_BODY, HALF_HEADERS, openMany } from './raw-sockets.ts';

const MEGABYTE = 1_048_576;
const SIZE = 30 * MEGABYTE;
/** Enough for memory that grows with them to show, and below the number of concurrent reads. */
const MANY = 12;
/**
 * What one attack sends in all is 360 MB. Garbage of all attacks before counts too, and its collection has no fixed
 * time.
 */
const LITTLE = 160 * MEGABYTE;
const TIMEOUT_MS = 8_000;

const valid = (serviceUrl: string, fields: object = {}) =>
  JSON.stringify({
    type: 'event',
    id: 'enemy',
    channelId: 'emulator',
    serviceUrl,
    conversation: { id: 'enemy' },
    from: { id: 'user-1' },
    ...fields,
  });

function post(body: string | Buffer, ...headers: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([HALF_HEADERS.trim(), ...headers, '', ''].join('\r\n')), Buffer.from(body)]);
}

const sized = (body: string | Buffer, ...headers: readonly string[]) =>
  post(body, `Content-Length: ${Buffer.byteLength(body)}`, ...headers);

/** The statuses of all responses on one connection. */
const statusesIn = ({ status, body }: RawResponse) => [
  status,
  ...[...body.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, found]) => Number(found)),
];

describe('a bot under attack', { timeout: 60_000 }, () => {
  let bot: BotUnderFire;
  let atFirst: Figures;

  before(async () => {
    bot = await startBotUnderFire();
    await bot.assertWell();
    atFirst = await bot.figures();
  });
  after(() => bot.close());

  /** The same bytes several times concurrently. */
  const all = (bytes: Buffer, options?: { half: boolean }) =>
    Promise.all(Array.from({ length: MANY }, () => sendRaw(bot.url, bytes, options)));

  async function assertLittleMemory(maxBytes: number): Promise<void> {
    const { memoryBytes, peakRssBytes } = await bot.figures();
    const grown = peakRssBytes - atFirst.peakRssBytes;
    assert.ok(grown < maxBytes, `took ${Math.round(grown / MEGABYTE)} MB more at its most`);
    assert.ok(memoryBytes - atFirst.memoryBytes < 8 * MEGABYTE, 'memory did not return');
  }

  it('rejects bodies of 30 MB by their Content-Length without reading them', async () => {
    const answers = await all(post(Buffer.alloc(SIZE, 'x'), `Content-Length: ${SIZE}`));
    assertRefused(answers, 413);
    await assertLittleMemory(40 * MEGABYTE);
  });

  it('rejects chunked bodies of 30 MB as soon as they are too large', async () => {
    const chunk = `${MEGABYTE.toString(16)}\r\n${'x'.repeat(MEGABYTE)}\r\n`;
    const answers = await all(post(chunk.repeat(30), 'Transfer-Encoding: chunked'));
    assertRefused(answers, 413);
    await assertLittleMemory(LITTLE);
  });

  it('rejects gzip bombs of 30 MB without decompressing them', async () => {
    const bomb = gzipSync(Buffer.alloc(SIZE));
    assertRefused(await all(sized(bomb, 'Content-Encoding: gzip')), 415);
    assertRefused(await all(sized(bomb, 'Connection: close')), 400);
    await assertLittleMemory(LITTLE);
  });

  it('rejects JSON of 100,000 levels inside a valid activity', async () => {
    const deep = `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`;
    const body = valid(bot.connector.url, { value: '@' }).replace('"@"', deep);
    assertRefused(await all(sized(body, 'Connection: close')), 400);
  });

  it('rejects too many headers', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `X-${index}: y`);
    assertRefused(await all(sized('{}', ...lines)), 431);
  });

  it('closes a connection on which garbage follows a valid request', async () => {
    const event = sized(valid(bot.connector.url));
    for (const answer of await all(Buffer.concat([event, event, Buffer.from('\0\xff garbage\r\n\r\n')]))) {
      // An answer in progress may be lost when the garbage is detected.
      assert.match(statusesIn(answer).join(), /^(200,){0,2}400$/);
    }
    for (const answer of await all(Buffer.concat([sized('x'.repeat(2 * MEGABYTE)), event]))) {
      assert.match(statusesIn(answer).join(), /^(0|413)$/);
    }
  });

  it('answers a thousand pipelined requests on one connection, in order', async () => {
    const health = 'GET /health HTTP/1.1\r\nHost: bot\r\n\r\n';
    const lost = 'GET /lost HTTP/1.1\r\nHost: bot\r\n\r\n';
    const last = health.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const answer = await sendRaw(bot.url, `${(health + lost).repeat(500)}${last}`);
    assert.deepEqual(statusesIn(answer), [...Array.from({ length: 500 }, () => [200, 404]).flat(), 200]);
  });

  it('answers a message during a thousand bodies that declare a large length and send one byte', async () => {
    const chunked = `${HALF_HEADERS}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`;
    const announced = `${HALF_HEADERS}Content-Length: ${MEGABYTE}\r\n\r\n{`;
    const sockets = [
      ...(await openMany(bot.url, 500, { first: chunked })),
      ...(await openMany(bot.url, 500, { first: announced })),
    ];
    await bot.assertWell();
    for (const { socket } of sockets) socket.destroy();
  });

  it('answers a message during 1,900 half-open requests, and frees them when they break off', async () => {
    const headers = await openMany(bot.url, 950, { first: HALF_HEADERS });
    const bodies = await openMany(bot.url, 950, { first: HALF_BODY });
    await bot.assertWell();
    assert.ok((await bot.sockets()) >= 1_900);
    for (const { socket } of [...headers, ...bodies]) socket.destroy();
    const late = AbortSignal.timeout(TIMEOUT_MS);
    while ((await bot.sockets()) > atFirst.sockets + 5) {
      assert.ok(!late.aborted, 'sockets did not go');
      await sleep(100);
    }
    await assertLittleMemory(LITTLE);
  });

  it('keeps working after all of that', async () => {
    await bot.assertWell();
    assert.deepEqual([...bot.faults()], []);
  });
});

/** A connection may be reset before its sender reads the response. On a busy machine this is so for most of them. */
function assertRefused(answers: readonly RawResponse[], status: number): void {
  const statuses = answers.map((answer) => answer.status);
  assert.ok(
    statuses.every((each) => each === status || each === 0),
    statuses.join(),
  );
  assert.ok(statuses.includes(status), statuses.join());
}
