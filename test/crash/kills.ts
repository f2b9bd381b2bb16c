import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from '../support/kit/ledger.ts';
import { createRandom, type Random } from '../support/kit/random.ts';
import type { Conversation, Message } from './ledger.ts';
import { ALL_STEPS, type Kind, ORDER, type Step, staysMs } from './steps.ts';
import type { Instance, World } from './world.ts';

export interface KillsOptions {
  readonly world: World;
  readonly seed: number;
  readonly rounds: number;
  /** Of each step in each round. */
  readonly conversations: number;
  readonly say: (text: string) => void;
}

/** A kill and all that belongs to it. */
interface Round extends KillsOptions {
  readonly number: number;
  readonly random: Random;
  readonly victim: Instance;
  /** Alive all the time; else a new one is started after the kill. */
  readonly standby: Instance | undefined;
  /** By the step at which their next turn is interrupted. */
  readonly talks: ReadonlyMap<Step, readonly Conversation[]>;
  /** POSTs that were not answered yet. */
  readonly posts: Promise<void>[];
  /** Where messages are delivered. */
  target: Instance | undefined;
}

const WARM_UP_LIMIT_MS = 30_000;
/** Without this the second turn would need no connection. */
const ENV = { SESSION_IDLE_SECONDS: '1' };
const REACH_LIMIT_MS = 8_000;
/** Nobody stays at a step for ever. */
const FOLLOW_LIMIT_MS = 1_500;
/** The promise is 60 s; who is later is told from who is lost. */
const RECOVERY_LIMIT_MS = 70_000;
const AFTERWARDS_LIMIT_MS = 45_000;
const REMOVAL_LIMIT_MS = 20_000;
const FOLLOWED = 0.3;

/** Kills one instance after the other, each with many turns at every step, and waits for their answers. */
export async function runKills(options: KillsOptions): Promise<void> {
  for (let number = 1; number <= options.rounds; number++) {
    const round = await begin(number, options);
    await interrupt(round);
    await kill(round);
    await recover(round);
    await round.target?.kill();
  }
}

async function begin(number: number, options: KillsOptions): Promise<Round> {
  const { world, seed, conversations } = options;
  // Every second kill is watched by another instance.
  const isWatched = number % 2 === 0;
  const [victim, standby] = await Promise.all([
    world.startInstance(ENV),
    isWatched ? world.startInstance(ENV) : undefined,
  ]);
  const open = () => Array.from({ length: conversations }, () => world.ledger.open());
  const talks = new Map(ALL_STEPS.map((step) => [step, open()]));
  const random = createRandom(seed, 'kill', number);
  const round: Round = { ...options, number, random, victim, standby, talks, posts: [], target: victim };
  const first = write(round, [...talks.values()].flat(), 'first');
  const isWarm = await world.ledger.when(() => first.every(isRemoved), WARM_UP_LIMIT_MS);
  if (!isWarm)
    tellUnfinished(
      'first turn not finished',
      first.filter((message) => !isRemoved(message)),
      round,
    );
  await waitFor(() => world.model.openSessions === 0, 5_000);
  return round;
}

/** Brings every conversation to its step. */
async function interrupt(round: Round): Promise<void> {
  const { world, victim, talks, random } = round;
  for (const steps of ORDER) {
    if (steps.includes('connecting')) hangHandshakes(round, talks.get('connecting')?.length ?? 0);
    const messages = steps.flatMap((step) => write(round, talks.get(step) ?? [], step));
    const areThere = () => messages.every(({ reachedAtMs }) => reachedAtMs !== undefined);
    const isInTime = await world.ledger.when(areThere, REACH_LIMIT_MS);
    const late = messages.filter(({ reachedAtMs }) => reachedAtMs === undefined);
    if (!isInTime) tellUnfinished(`never came to its step with ${victim.name}`, late, round);
  }
  await followUp(round, 'waiting', FOLLOW_LIMIT_MS);
  write(round, talks.get('anywhere') ?? [], 'anywhere');
  await sleep(random.whole(0, 250));
}

/** Which handshake is whose cannot be seen: all of them are when there are as many as conversations. */
function hangHandshakes({ world, victim, talks }: Round, count: number): void {
  let hung = 0;
  world.model.hangHandshakes(victim.name, count, () => {
    if (++hung < count) return;
    for (const { messages } of talks.get('connecting') ?? []) {
      const last = messages.at(-1);
      if (last !== undefined) world.holds.reach(last, 'connecting');
    }
  });
}

async function kill(round: Round): Promise<void> {
  const { world, victim, standby, talks, say, number } = round;
  round.target = standby;
  const now = Date.now();
  const all = [...talks.values()].flat().flatMap(({ messages }) => messages);
  const hit = all.filter((message) => message.kind !== 'first' && !isRemoved(message));
  for (const message of hit) hitBy(now, message, round);
  await victim.kill();
  world.holds.release();
  say(
    `kill ${number}: ${hit.length} messages unfinished, ${standby === undefined ? 'a new instance follows' : 'another instance is there'}`,
  );
  round.target ??= await world.startInstance(ENV);
}

/** Who could not be held until the kill was interrupted elsewhere. */
function hitBy(killedAtMs: number, message: Message, { say }: Round): void {
  const { token, kind, reachedAtMs } = message;
  message.killedAtMs = killedAtMs;
  if (reachedAtMs === undefined || killedAtMs - reachedAtMs < staysMs(kind)) return;
  message.reachedAtMs = undefined;
  say(`${token} was held for too long (${kind}), not counted`);
}

async function recover(round: Round): Promise<void> {
  const { world, talks, posts, say, number, target } = round;
  const { ledger } = world;
  await followUp(round, 'impatient', REACH_LIMIT_MS);
  const all = () => [...talks.values()].flat().flatMap(({ messages }) => messages);
  const startedMs = Date.now();
  await ledger.when(() => all().every((message) => answerOf(message) !== undefined), RECOVERY_LIMIT_MS);
  await Promise.all(posts);
  const answered = all().filter((message) => answerOf(message) !== undefined).length;
  say(`kill ${number}: ${answered} of ${all().length} answered after ${seconds(Date.now() - startedMs)}`);
  const after = write(round, [...talks.values()].flat(), 'afterwards');
  await ledger.when(() => after.every((message) => answerOf(message) !== undefined), AFTERWARDS_LIMIT_MS);
  await ledger.when(() => all().every(isRemoved), REMOVAL_LIMIT_MS);
  const left = all().filter((message) => !isRemoved(message) && answerOf(message) !== undefined);
  if (left.length > 0) tellUnfinished('answered, and left in pending/', left, round);
  const hurt = all().filter(({ killedAtMs }) => killedAtMs !== undefined);
  for (const message of hurt) message.sound = await world.hear(message, target?.url ?? '');
}

/** A part of the people writes again before they have their answer: that message waits behind the other. */
async function followUp(round: Round, kind: 'waiting' | 'impatient', limitMs: number): Promise<void> {
  const { world, talks, random } = round;
  const told = ALL_STEPS.filter((step) => step !== 'accepting' && step !== 'anywhere');
  const chosen = told.flatMap((step) => (talks.get(step) ?? []).filter(() => random.isLucky(FOLLOWED)));
  const messages = write(round, chosen, kind);
  await world.ledger.when(() => messages.every(({ acceptedAtMs }) => acceptedAtMs !== undefined), limitMs);
}

function write(round: Round, talks: readonly Conversation[], kind: Kind): Message[] {
  const { world, posts } = round;
  const messages = talks.map((conversation) => world.ledger.add(conversation, kind));
  posts.push(...messages.map((message) => world.deliver(message, () => round.target?.url)));
  return messages;
}

function tellUnfinished(what: string, messages: readonly Message[], { world, number }: Round): void {
  const names = messages.map(({ token, kind }) => `${token} (${kind})`).join(', ');
  if (names !== '') world.ledger.note(what, `kill ${number}: ${names}`);
}

function isRemoved({ removedAtMs }: Message): boolean {
  return removedAtMs !== undefined;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function waitFor(holds: () => boolean, limitMs: number): Promise<void> {
  for (let waitedMs = 0; !holds() && waitedMs < limitMs; waitedMs += 50) await sleep(50);
}
