import assert from 'node:assert/strict';
import { megabytes, print } from '../support/kit/report.ts';
import { startBotUnderFire } from './bot-under-fire.ts';
import { HALF_BODY, HALF_HEADERS, openMany, type RawSocket, UNREAD_BODY } from './raw-sockets.ts';

/**
 * A request has twenty seconds, whether its body is read or not, as a stranger's recording (src/http/request-time.ts).
 */
const REQUEST_LIMIT_MS = 20_000;
/** Headers have ten (src/http/request-time.ts), and Node checks every 30 seconds for expired ones. */
const HEADERS_LIMIT_MS = 40_000;
/** Slack for a slow machine with thousands of sockets. */
const SLACK_MS = 5_000;
const MAX_CONNECTIONS = 2_000;

/** Slow clients, more than there is room for: all are disconnected, and the bot keeps working. */
export async function fuzzSlowClients(): Promise<void> {
  const bot = await startBotUnderFire();
  try {
    await bot.assertWell();
    const before = await bot.figures();
    const slowHeaders = await openMany(bot.url, 50, { first: HALF_HEADERS, drip: 'X-More: x\r\n' });
    const slowBodies = await openMany(bot.url, 50, { first: HALF_BODY, drip: ' ' });
    const unread = await openMany(bot.url, 50, { first: UNREAD_BODY, drip: ' ' });
    const silent = await openMany(bot.url, 50, {});
    const half = await openMany(bot.url, 1_500, { first: HALF_HEADERS });
    await bot.assertWell();
    print(
      `  a message is answered beside 1700 half-open requests, memory ${megabytes((await bot.figures()).memoryBytes)}`,
    );

    const more = await openMany(bot.url, 1_000, { first: HALF_HEADERS });
    const refused = await closedWithin(SLACK_MS, more);
    assert.ok(refused.length >= 700, `${refused.length} of 1000 sockets beyond ${MAX_CONNECTIONS} were closed at once`);
    print(`  ${refused.length} sockets beyond ${MAX_CONNECTIONS} were closed at once`);

    const bodies = await lifetime(REQUEST_LIMIT_MS, slowBodies);
    const strangers = await lifetime(REQUEST_LIMIT_MS, unread);
    const headers = await lifetime(HEADERS_LIMIT_MS, [...slowHeaders, ...silent, ...half, ...more]);
    print(`  slow bodies were closed after up to ${bodies} ms, or ${strangers} ms where nobody reads them`);
    print(`  slow headers were closed after up to ${headers} ms`);
    await bot.assertWell();
    const after = await bot.figures();
    print(`  memory ${megabytes(before.memoryBytes)} before, ${megabytes(after.memoryBytes)} after`);
    assert.ok(after.sockets <= before.sockets + 5, `${after.sockets} sockets are left`);
    assert.ok(after.memoryBytes - before.memoryBytes < 8 * 1_048_576, 'memory did not return');
    assert.deepEqual([...bot.faults()], []);
  } finally {
    await bot.close();
  }
}

/** The longest lifetime of these sockets; throws if one of them lives too long. */
async function lifetime(limitMs: number, sockets: readonly RawSocket[]): Promise<number> {
  const late = await closedWithin(limitMs + SLACK_MS, sockets);
  assert.equal(late.length, sockets.length, `${sockets.length - late.length} sockets were not closed`);
  const longest = Math.max(...late);
  assert.ok(longest <= limitMs + SLACK_MS, `a slow one lived for ${longest} ms`);
  return longest;
}

/** The lifetimes of those that are closed by then. */
async function closedWithin(limitMs: number, sockets: readonly RawSocket[]): Promise<number[]> {
  const lifetimes: number[] = [];
  const all = Promise.all(sockets.map(async ({ closed }) => void lifetimes.push(await closed)));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([all, late]);
  clearTimeout(timer);
  return lifetimes;
}
