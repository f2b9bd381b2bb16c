import assert from 'node:assert/strict';
import { before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../conversation/talk.ts';
import { type Azurite, sharedAzurite } from '../support/azurite.ts';
import { type Instance, startWorld, type World } from './instances.ts';
import { stepOf, stepsOf } from './steps.ts';

/** What is asked at the same time is one round trip: its calls, sorted. */
type Trips = readonly string[];

interface Turn {
  readonly beforeAccepted: Trips;
  readonly beforeAsked: Trips;
  readonly beforeSaid: Trips;
  readonly afterwards: Trips;
}

/**
 * Calls that come within so many rounds of the event loop, in which everybody is here, were made without waiting for
 * each other: none is answered before.
 */
const TOGETHER_ROUNDS = 10;
/** Beside the turn: looks for what others left; whether it was stopped, in one of more than a second; and money. */
const BESIDE = / other$|^look at pending$| spending$/;

async function pause(): Promise<void> {
  for (let round = 0; round < TOGETHER_ROUNDS; round++) await sleep(1);
}

/** The calls of one message to the storage, by what had happened when they arrived there. */
async function watch(world: World, instance: Instance, text: string): Promise<Turn> {
  const { proxy } = instance;
  const turn = { beforeAccepted: [], beforeAsked: [], beforeSaid: [], afterwards: [] } as Record<keyof Turn, string[]>;
  let phase: keyof Turn = 'beforeAccepted';
  let trip: { readonly steps: string[]; readonly over: Promise<void> } | undefined;
  const accepted = Promise.withResolvers<void>();
  proxy.rule = async (request) => {
    const step = stepOf(request);
    if (BESIDE.test(step)) return undefined;
    if (step !== 'write pending') await accepted.promise;
    if (trip === undefined) {
      const begun = { steps: [step], over: pause() };
      trip = begun;
      const during = turn[phase];
      void begun.over.then(() => {
        trip = undefined;
        during.push(begun.steps.sort().join(' + '));
      });
    } else trip.steps.push(step);
    await trip.over;
    return undefined;
  };
  const [asked, said] = [world.asked.all.length, world.connector.messages.length];
  const release = world.hold(text);
  await instance.says(text);
  phase = 'beforeAsked';
  accepted.resolve();
  await world.asked.when(asked + 1);
  phase = 'beforeSaid';
  release();
  await world.whenSaid(said + 1);
  phase = 'afterwards';
  await until(() => turn.afterwards.some((step) => step === 'delete pending'));
  proxy.rule = () => undefined;
  await settled(world, instance);
  return turn;
}

/** What the contract says; and which calls they are, but for how the conversation is found free and in order. */
function assertBounded(turn: Turn, beforeSaid: Trips = ['write audio', 'write record']): void {
  const { beforeAccepted, beforeAsked, afterwards } = turn;
  assert.deepEqual(beforeAccepted, ['write pending']);
  assert.ok(beforeAsked.length <= 2, `before the model is asked: ${beforeAsked.join(', ')}`);
  assert.match(beforeAsked.at(-1) ?? '', /write record/);
  assert.deepEqual(turn.beforeSaid, beforeSaid);
  assert.deepEqual(afterwards, ['write record', 'delete pending']);
}

/** The end of the turn has come to the instance, too: what comes now waits for nothing. */
async function settled(world: World, instance: Instance): Promise<void> {
  await world.whenAnswered();
  for (let round = 0; round < 3; round++) await fetch(`${instance.url}/health`);
}

describe('round trips to the storage that a user waits for', { timeout: 100_000 }, () => {
  let azurite: Azurite;
  before(async () => {
    azurite = await sharedAzurite();
  });

  const started = async (t: TestContext) => {
    const world = await startWorld(t, azurite);
    return { world, one: await world.start() };
  };

  it('in a new conversation', async (t) => {
    const { world, one } = await started(t);
    assertBounded(await watch(world, one, 'first'));
  });

  it('in a warm one', async (t) => {
    const { world, one } = await started(t);
    for (const text of ['first', 'second', 'third']) assertBounded(await watch(world, one, text));
    assert.equal(new Set(world.asked.all.map(({ sessionId }) => sessionId)).size, 1);
  });

  it('after a restart', async (t) => {
    const { world, one } = await started(t);
    await watch(world, one, 'first');
    await one.close();
    assertBounded(await watch(world, await world.start(), 'second'));
  });

  it('in one that another instance has run last, the first time and later', async (t) => {
    const { world, one } = await started(t);
    const two = await world.start();
    for (const [index, text] of ['first', 'second', 'third', 'fourth'].entries()) {
      assertBounded(await watch(world, index % 2 === 0 ? one : two, text));
    }
  });

  it('are one less for an answer without sound, and the same with a daily budget', async (t) => {
    const env = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', DAILY_BUDGET_USD: '10' };
    const world = await startWorld(t, azurite, env);
    const one = await world.start();
    await one.ask('/audio off');
    await until(() => stepsOf(one.proxy.requests).includes('write record'));
    await settled(world, one);
    assertBounded(await watch(world, one, 'first'), ['write record']);
  });
});
