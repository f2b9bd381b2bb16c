import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../support/kit/random.ts';
import { isAnswered, isFinished } from './judge.ts';
import type { Conversation, Message } from './ledger.ts';
import { ALL_STEPS, isHeldBefore, type Kind, type Step, staysMs, UNFOLLOWED, WAVES } from './steps.ts';
import type { Instance, World } from './world.ts';

export interface KillsOptions {
  readonly world: World;
  readonly seed: number;
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/** The state of one kill. */
interface Round extends KillsOptions {
  readonly number: number;
  readonly random: Random;
  /** Conversations by the step at which their next turn is interrupted. */
  readonly talks: ReadonlyMap<Step, Conversation>;
  /** Unanswered POSTs. */
  readonly posts: Promise<void>[];
  /** The instance to which messages are delivered. */
  target: Instance;
}

const WARM_UP_LIMIT_MS = 30_000;
/**
 * Without the first setting the second turn would need no connection; without the second one held turn would stop all.
 */
export const KILLS_ENV = { SESSION_IDLE_SECONDS: '1', DATABASE_POOL_SIZE: '40' };
const REACH_LIMIT_MS = 8_000;
const FOLLOW_LIMIT_MS = 1_500;
/** Longer than the limit, to tell late answers from lost ones. */
const RECOVERY_LIMIT_MS = 70_000;
const AFTERWARDS_LIMIT_MS = 45_000;
const FOLLOWED = 0.3;

/** Kills the bot repeatedly, each time with a turn at every step, and starts the next instance. */
export async function runKills(options: KillsOptions): Promise<void> {
  let target = await options.world.startInstance();
  for (let number = 1; number <= options.rounds; number++) {
    const round = await begin(number, target, options);
    await interrupt(round);
    await kill(round);
    await recover(round);
    target = round.target;
  }
}

async function begin(number: number, target: Instance, options: KillsOptions): Promise<Round> {
  const { world, seed } = options;
  const talks = new Map(ALL_STEPS.map((step) => [step, world.ledger.open(channelFor(step))]));
  const random = createRandom(seed, 'kill', world.name, number);
  const round: Round = { ...options, number, random, talks, posts: [], target };
  const first = write(round, [...talks.values()], 'first');
  await world.ledger.when(() => first.every(isFinished), WARM_UP_LIMIT_MS);
  noteUnfinished('first turn not finished', first, round);
  await waitFor(() => world.model.openSessions === 0, 5_000);
  return round;
}

/** A channel with live text, and one with short messages. */
function channelFor(step: Step): string {
  if (step === 'streaming') return 'directline';
  return step === 'between' ? 'facebook' : 'emulator';
}

/** Waits until every conversation is at its step. */
async function interrupt(round: Round): Promise<void> {
  const { world, target } = round;
  const behind: Conversation[] = [];
  for (const [index, steps] of WAVES.entries()) {
    if (index === 2) await follow(round, behind, 'waiting', FOLLOW_LIMIT_MS);
    if (steps.includes('connecting')) hangHandshake(round);
    const held = steps.filter((step) => isHeldBefore(round.number, step));
    const messages = held.flatMap((step) => write(round, talksAt(step, round), step));
    const isThere = (message: Message) => message.reachedAtMs !== undefined || isQueued(message, round);
    await world.ledger.when(() => messages.every(isThere), REACH_LIMIT_MS);
    const late = messages.filter((message) => !isThere(message)).map(({ token, kind }) => `${token} (${kind})`);
    if (late.length > 0) world.ledger.note('never came to its step', `with ${target.name}: ${late.join(', ')}`);
    behind.push(...followed(messages, round));
  }
}

/** From now on nothing is fetched: accepted messages wait. */
function isQueued(message: Message, { world }: Round): boolean {
  return message.acceptedAtMs !== undefined && world.holds.reach(message, 'queued');
}

function hangHandshake({ world, target, talks }: Round): void {
  world.model.hangHandshakes(target.name, 1, () =>
    world.holds.reach(talks.get('connecting')?.messages.at(-1), 'connecting'),
  );
}

async function kill(round: Round): Promise<void> {
  const { world, target, say, number } = round;
  const hit = messagesOf(round).filter((message) => message.reachedAtMs !== undefined || !isFinished(message));
  const now = Date.now();
  for (const message of hit) hitBy(now, message, round);
  await target.kill();
  world.holds.release();
  const held = hit.filter(({ reachedAtMs }) => reachedAtMs !== undefined).length;
  say(`${world.name}, kill ${number}: ${hit.length} messages in flight, ${held} of them at their steps`);
  round.target = await world.startInstance();
}

/** Turns that were not held until the kill were interrupted elsewhere. */
function hitBy(killedAtMs: number, message: Message, { say }: Round): void {
  const { token, kind, reachedAtMs } = message;
  message.killedAtMs = killedAtMs;
  if (reachedAtMs === undefined || killedAtMs - reachedAtMs < staysMs(kind)) return;
  message.reachedAtMs = undefined;
  say(`${token} was held for too long (${kind}), not counted`);
}

async function recover(round: Round): Promise<void> {
  const { world, talks, posts, say, number } = round;
  const { ledger } = world;
  const held = messagesOf(round).filter(({ reachedAtMs }) => reachedAtMs !== undefined);
  await follow(round, followed(held, round), 'impatient', REACH_LIMIT_MS);
  const startedMs = Date.now();
  await ledger.when(() => messagesOf(round).every(isAnswered), RECOVERY_LIMIT_MS);
  await Promise.all(posts);
  const hurt = messagesOf(round).filter(({ killedAtMs }) => killedAtMs !== undefined);
  const answered = messagesOf(round).filter(isAnswered).length;
  say(`${world.name}, kill ${number}: ${answered} of ${messagesOf(round).length} answered ${seconds(startedMs)} later`);
  const after = write(round, [...talks.values()], 'afterwards');
  await ledger.when(() => after.every(isAnswered), AFTERWARDS_LIMIT_MS);
  await ledger.when(() => messagesOf(round).every(isFinished), AFTERWARDS_LIMIT_MS);
  noteUnfinished('answered, and its turn not completed', messagesOf(round).filter(isAnswered), round);
  for (const message of hurt) message.audio = await world.checkAudio(message, round.target);
}

/** Some users write again before they have their answer: that message waits behind the first. */
async function follow(round: Round, talks: readonly Conversation[], kind: Kind, limitMs: number): Promise<void> {
  const messages = write(round, talks, kind);
  await round.world.ledger.when(() => messages.every(({ acceptedAtMs }) => acceptedAtMs !== undefined), limitMs);
}

function followed(messages: readonly Message[], { random }: Round): Conversation[] {
  return messages
    .filter(({ kind }) => !UNFOLLOWED.has(kind) && random.chance(FOLLOWED))
    .map(({ conversation }) => conversation);
}

function talksAt(step: Step, { talks }: Round): Conversation[] {
  const conversation = talks.get(step);
  return conversation === undefined ? [] : [conversation];
}

function messagesOf({ talks }: Round): Message[] {
  return [...talks.values()].flatMap(({ messages }) => messages);
}

function write(round: Round, talks: readonly Conversation[], kind: Kind): Message[] {
  const { world, posts } = round;
  const messages = talks.map((conversation) => world.ledger.add(conversation, kind));
  posts.push(...messages.map((message) => world.deliver(message, () => aliveIn(round))));
  return messages;
}

function aliveIn({ target }: Round): Instance | undefined {
  return target.killedAtMs === undefined ? target : undefined;
}

function noteUnfinished(what: string, messages: readonly Message[], { world, number }: Round): void {
  const left = messages.filter((message) => !isFinished(message));
  const names = left.map(({ token, kind }) => `${token} (${kind})`).join(', ');
  if (names !== '') world.ledger.note(what, `kill ${number}: ${names}`);
}

function seconds(sinceMs: number): string {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}

async function waitFor(holds: () => boolean, limitMs: number): Promise<void> {
  for (let waitedMs = 0; !holds() && waitedMs < limitMs; waitedMs += 50) await sleep(50);
}
