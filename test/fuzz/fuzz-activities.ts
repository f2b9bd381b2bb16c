import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assertHolds, megabytes, print } from '../support/kit/report.ts';
import { type Barrage, createBarrage } from './barrage.ts';
import { type BotUnderFire, startBotUnderFire } from './bot-under-fire.ts';
import { anyOrAstray, bodyOf, type Delivery } from './deliveries.ts';
import { inQuarters } from './quarters.ts';

/** The number of concurrent requests: enough to keep the bot busy, few enough that it rejects none for that. */
const MAX_AT_ONCE = 40;
/** The maximum time for shrinking a failing example. */
const SHRINK_LIMIT_MS = 120_000;

/**
 * The memory that the bot may keep between the half and the end, after garbage collection. Bounded caches still fill up
 * then: an id of each message and a key of each conversation (50,000 of both) and a record of each conversation, a few
 * hundred bytes an activity on average; audio (1 MB by its setting) and warm sessions (50) are full long before. The
 * rest is compiled code and buffers. Measured: 1 to 3 MB in all.
 */
const growthBound = (activities: number): number => 4 * 1_048_576 + (activities / 2) * 512;

/**
 * Replies that could not be sent: where nobody listens; to `[::1]`, which botbuilder's client does not understand; and
 * in conversations whose id has letters that a header cannot contain, since botbuilder puts the id into one.
 */
const EXPECTED = /^reply not sent \((ECONNREFUSED|ENOTFOUND)\)$/;

const ENV = { AUDIO_MEMORY_MB: '1', MAX_WARM_SESSIONS: '50' };

/** Sends this many activities to a bot in its own process; throws if anything about it is wrong. */
export async function fuzzActivities(activities: number, seed: number): Promise<void> {
  const bot = await startBotUnderFire(ENV);
  const barrage = createBarrage(bot.url, bot.connector);
  try {
    await bot.assertWell();
    const growth = await inQuarters(activities, seed, async (quarter) => {
      await sendUpTo(quarter.upTo, barrage, quarter.seed);
      const { memoryBytes } = await bot.figures();
      print(`  ${barrage.sent} activities, ${barrage.replies} replies, memory ${megabytes(memoryBytes)}`);
      return memoryBytes;
    });
    print(`  requests by status: ${barrage.statuses.listed()}`);
    await assertSound(bot, barrage, growth, activities);
  } finally {
    barrage.close();
    await bot.close();
  }
}

async function sendUpTo(count: number, barrage: Barrage, firstSeed: number): Promise<void> {
  const volley = fc.asyncProperty(
    fc.array(anyOrAstray, { minLength: 1, maxLength: MAX_AT_ONCE, size: 'max' }),
    barrage.volley,
  );
  for (let seed = firstSeed; barrage.sent < count; seed++) {
    const numRuns = Math.ceil((count - barrage.sent) / (MAX_AT_ONCE / 2));
    const result = await checkWithin(volley, { seed, numRuns });
    assertHolds('a volley of activities', result, ([deliveries]) => deliveries.map(show).join('\n'));
  }
}

function show(delivery: Delivery): string {
  return `${delivery.contentType} ${bodyOf(delivery, 'fuzz-1', 'http://127.0.0.1:1')}`;
}

/** Like `fc.check`, with a time limit for shrinking a failing example, and none for the time before. */
function checkWithin<T>(property: fc.IAsyncPropertyWithHooks<T>, parameters: fc.Parameters<T>) {
  let failedAtMs = 0;
  const isLate = () => failedAtMs > 0 && Date.now() > failedAtMs + SHRINK_LIMIT_MS;
  const run = property.run.bind(property);
  property.run = async (value) => {
    // After the limit everything passes, which ends the shrinking.
    const failure = isLate() ? null : await run(value);
    if (failure !== null && failedAtMs === 0) failedAtMs = Date.now();
    return failure;
  };
  return fc.check(property, parameters);
}

async function assertSound(bot: BotUnderFire, barrage: Barrage, growth: number, activities: number): Promise<void> {
  await bot.assertWell();
  const faults = bot.faults();
  print(`  lines of level error: ${faults.listed()}`);
  assert.deepEqual(
    [...faults.keys()].filter((name) => !EXPECTED.test(name)),
    [],
  );
  assert.equal(barrage.statuses.get(503) ?? 0, 0, 'the bot was too busy for this load');
  print(`  unhandled rejections: 0; growth in the second half: ${megabytes(growth)}, peak ${await peakOf(bot)}`);
  assert.ok(growth <= growthBound(activities), `memory grew by ${megabytes(growth)} in the second half`);
  bot.bot.signal('SIGTERM');
  assert.deepEqual(await bot.bot.ended, { code: 0, signal: null });
}

async function peakOf(bot: BotUnderFire): Promise<string> {
  return megabytes((await bot.figures()).peakRssBytes);
}
