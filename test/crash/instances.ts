import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../support/kit/random.ts';
import { isAnswered, isFinished } from './judge.ts';
import type { Conversation, Message } from './ledger.ts';
import type { Instance, World } from './world.ts';

export interface InstancesOptions {
  readonly world: World;
  readonly seed: number;
  readonly conversations: number;
  readonly say: (text: string) => void;
}

const INSTANCES = 3;
const TURNS = 20;
/** Messages that a user writes without waiting for answers, each once the one before is accepted. */
const MAX_BURST = 6;
/** The maximum time from a kill, or from acceptance, to the answer. */
const ANSWER_LIMIT_MS = 90_000;
/** The share of messages that the channel delivers again, perhaps to another instance. */
const TWICE = 0.05;
const PROGRESS_MS = 10_000;

/** Three instances, each message to a random one. One is killed when half of the messages are answered. */
export async function runInstances(options: InstancesOptions): Promise<void> {
  const { world, conversations, say, seed } = options;
  const { ledger } = world;
  const instances = await Promise.all(Array.from({ length: INSTANCES }, () => world.startInstance()));
  const talks = Array.from({ length: conversations }, () => ledger.open());
  const all = () => talks.flatMap(({ messages }) => messages);
  const answered = () => all().filter(isAnswered).length;
  const total = conversations * TURNS;
  const progress = setInterval(() => say(`instances: ${answered()} of ${total} answered`), PROGRESS_MS);
  const talking = Promise.all(talks.map((conversation) => talk(conversation, instances, options)));
  await ledger.when(() => answered() >= total / 2, 600_000);
  const victim = instances[createRandom(seed, 'which').integer(0, INSTANCES - 1)];
  const hit = await killOne(victim, all(), options);
  await ledger.when(() => hit.every(isAnswered), ANSWER_LIMIT_MS);
  instances.push(await world.startInstance());
  await talking;
  clearInterval(progress);
  await ledger.when(() => all().every((message) => isFinished(message) || !isAnswered(message)), ANSWER_LIMIT_MS);
  const left = all().filter((message) => !isFinished(message) && isAnswered(message));
  if (left.length > 0) ledger.note('answered, and its turn not completed', left.map(({ token }) => token).join(', '));
  const alive = instances.filter(({ killedAtMs }) => killedAtMs === undefined);
  const random = createRandom(seed, 'hearing');
  for (const message of all()) message.audio = await world.checkAudio(message, random.pick(alive));
}

/** Resolves with the unfinished messages of all instances. */
async function killOne(
  victim: Instance | undefined,
  messages: readonly Message[],
  { say }: InstancesOptions,
): Promise<readonly Message[]> {
  const hit = messages.filter((message) => !isFinished(message));
  const now = Date.now();
  for (const message of hit) message.killedAtMs = now;
  await victim?.kill();
  const own = hit.filter(({ begun }) => begun.at(-1)?.instance === victim?.name).length;
  say(`instances: ${victim?.name} killed with ${own} turns; ${hit.length} messages unfinished in all`);
  return hit;
}

async function talk(conversation: Conversation, instances: readonly Instance[], options: InstancesOptions) {
  const { world, seed } = options;
  const random = createRandom(seed, 'instances', conversation.index);
  const target = () => random.pick(instances);
  while (conversation.messages.length < TURNS) {
    const left = TURNS - conversation.messages.length;
    const burst: Message[] = [];
    for (let count = Math.min(left, random.integer(1, MAX_BURST)); count > 0; count--) {
      const message = world.ledger.add(conversation, 'chat');
      burst.push(message);
      const deliveries = random.chance(TWICE) ? [message, message] : [message];
      await Promise.all(deliveries.map((each) => world.deliver(each, target)));
    }
    // The judge reports its loss; the memory of later turns no longer matters.
    if (!(await world.ledger.when(() => burst.every(isAnswered), ANSWER_LIMIT_MS))) return;
    await sleep(random.integer(0, 50));
  }
}
