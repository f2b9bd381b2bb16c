import { before, type TestContext } from 'node:test';
import type { AppDeps } from '../../src/app.ts';
import { type Azurite, sharedAzurite } from '../support/azurite.ts';
import { type Fields, type Instance, startWorld, type World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepsOf } from './steps.ts';

/** A describe's time counts all of its tests. */
export const PATIENCE = { timeout: 100_000 };

let azurite: Azurite;

/** For all tests of a file; to be called once, outside of them. */
export function useAzurite(): void {
  before(async () => {
    azurite = await sharedAzurite();
  });
}

/** A storage, a model and a channel of its own, and the instances that a test starts. */
export function startAlone(t: TestContext, env = {}): Promise<World> {
  return startWorld(t, azurite, env);
}

export async function startTwo(t: TestContext, env = {}) {
  const world = await startAlone(t, env);
  return { world, one: await world.start(), two: await world.start() };
}

/** The first message is being answered at the first instance. */
export async function startRunning(t: TestContext, env = {}) {
  const both = await startTwo(t, env);
  const release = both.world.hold('first');
  const message = await both.one.says('first');
  await both.world.asked.when(1);
  return { ...both, release, message };
}

/** Longer than a conversation is taken for, with what clocks may differ. */
export const LEASE_OVER_MS = 45_000;
/** From its start until an instance looks for what others left. */
const FIRST_LOOK_MS = 1_000;
/** Between the two looks after which a message counts as left. */
const SECOND_LOOK_MS = 2_000;

/** An instance that begins so much later, and finds at once what was left. */
export async function startLater(
  world: World,
  { clock = new SkipClock(LEASE_OVER_MS), deps = {} }: { clock?: SkipClock; deps?: Partial<AppDeps> } = {},
): Promise<Instance> {
  const instance = await world.start({ clock, deps });
  await skipLooks(clock);
  return instance;
}

/** For instances that were started just now: they come to answer what was left, without waiting for it. */
export async function skipLooks(...clocks: readonly SkipClock[]): Promise<void> {
  for (const clock of clocks) clock.skip(FIRST_LOOK_MS);
  for (const clock of clocks) await clock.whenSet(SECOND_LOOK_MS);
  for (const clock of clocks) clock.skip(SECOND_LOOK_MS);
}

export const inConversation = (id: string): Fields => ({ conversation: { id } });

export const textsAsked = (world: World): string[] => world.asked.all.map(({ text }) => text);

/** How often an instance has done a step so far. */
export function countOf({ proxy }: Instance, step: string): number {
  return stepsOf(proxy.requests).filter((each) => each === step).length;
}
