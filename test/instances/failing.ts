import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { until } from '../conversation/talk.ts';
import { inTime } from '../realtime/gathered.ts';
import type { StorageFate } from '../support/storage-proxy.ts';
import type { Fields, Instance, World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepOf } from './steps.ts';
import { startAlone } from './two.ts';

/** The steps of a turn; the last number says which call of that kind it is. */
export const STEPS = [
  ['the message is kept', 'write pending', 1],
  ['the record is read', 'read record', 1],
  ['the conversation is taken', 'write record', 1],
  ['the sound is kept', 'write audio', 1],
  ['the answer is kept', 'write record', 2],
  ['the end is recorded', 'write record', 3],
  ['the message is removed', 'delete pending', 1],
] as const;

/** What a refusal may take, and closing where nothing is under way. */
const REFUSAL_LIMIT_MS = 5_000;
const CLOSE_LIMIT_MS = 2_000;
/** The time that an instance of `startOne` has for its running turns when it is told to end. */
export const DRAIN_MS = 45_000;

export async function startOne(t: TestContext, env = {}) {
  const world = await startAlone(t, { DRAIN_SECONDS: String(DRAIN_MS / 1_000), ...env });
  const clock = new SkipClock();
  return { world, clock, one: await world.start({ clock }) };
}

/** From the `nth` call of this step on, `count` calls of it meet the fate. Resolves when the first has come. */
export function fail(one: Instance, step: string, nth: number, count: number, fate: StorageFate): Promise<void> {
  const met = Promise.withResolvers<void>();
  let seen = 0;
  one.proxy.rule = (request) => {
    if (stepOf(request) !== step) return undefined;
    seen++;
    if (seen < nth || seen >= nth + count) return undefined;
    met.resolve();
    return fate;
  };
  return met.promise;
}

/** From the `nth` call of this step on, nothing is reached, until the function is called that this resolves with. */
export function cutOff(one: Instance, step: string, nth: number, fate: StorageFate): Promise<() => void> {
  const met = Promise.withResolvers<() => void>();
  let seen = 0;
  let isOff = false;
  one.proxy.rule = (request) => {
    if (stepOf(request) === step && ++seen === nth) isOff = true;
    if (!isOff) return undefined;
    met.resolve(() => {
      one.proxy.rule = () => undefined;
    });
    return fate;
  };
  return met.promise;
}

/** Delivers a message again and again, as channels do, until it is accepted. Resolves with how often it was refused. */
export async function deliver(one: Instance, message: Fields): Promise<number> {
  for (let refused = 0; refused < 10; refused++) {
    const begunMs = Date.now();
    const { status } = await one.post(message);
    if (status === 200) return refused;
    assert.equal(status, 503);
    assert.ok(Date.now() - begunMs < REFUSAL_LIMIT_MS);
  }
  return assert.fail('refused ten times');
}

export const saidIn = (world: World, id: string) =>
  world.connector.messages.filter(({ path }) => path.includes(`/${id}/`)).map(({ body }) => String(body.text));
export const askedFor = (world: World, text: string) => world.asked.all.filter((asked) => asked.text === text).length;

/** Lets time pass in which the bot tries again. */
export async function pass(one: Instance, clock: SkipClock, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 5_000) {
    const before = one.proxy.requests.length;
    clock.skip(Math.min(leftMs, 5_000));
    await until(() => one.proxy.requests.length > before);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function closesSoon(closed: Promise<void>): Promise<void> {
  const begunMs = Date.now();
  await inTime(closed);
  assert.ok(Date.now() - begunMs < CLOSE_LIMIT_MS, `${Date.now() - begunMs} ms`);
}
