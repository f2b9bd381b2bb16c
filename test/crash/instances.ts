import { answerOf } from '../support/kit/ledger.ts';
import { createRandom } from '../support/kit/random.ts';
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
/** From a kill, or from a message that was accepted, to its answer. */
const ANSWER_LIMIT_MS = 70_000;
const REMOVAL_LIMIT_MS = 45_000;
/** A channel that is in doubt delivers once more, perhaps to another instance. */
const TWICE = 0.05;
/** Two messages at once, most of them by way of two instances. */
const HASTY = 0.1;
const PROGRESS_MS = 10_000;

/** Three instances, any of which gets the next message of a conversation; one is killed when half is answered. */
export async function runInstances(options: InstancesOptions): Promise<void> {
  const { world, conversations, say, seed } = options;
  const { ledger } = world;
  const instances = await Promise.all(Array.from({ length: INSTANCES }, () => world.startInstance()));
  const talks = Array.from({ length: conversations }, () => ledger.open());
  const all = () => talks.flatMap(({ messages }) => messages);
  const answered = () => all().filter((message) => answerOf(message) !== undefined).length;
  const total = conversations * TURNS;
  const progress = setInterval(() => say(`instances: ${answered()} of ${total} answered`), PROGRESS_MS);
  let isOver = false;
  const talking = Promise.all(talks.map((conversation) => talk(conversation, instances, options))).finally(() => {
    isOver = true;
    ledger.changed();
  });
  await ledger.when(() => isOver || answered() >= total / 2, 600_000);
  await killOne(instances[createRandom(seed, 'which').whole(0, INSTANCES - 1)], all(), options);
  await talking;
  clearInterval(progress);
  const isFinished = (message: Message) => message.removedAtMs !== undefined || answerOf(message) === undefined;
  const isClean = await ledger.when(() => all().every(isFinished), REMOVAL_LIMIT_MS);
  const left = all().filter((message) => !isFinished(message));
  if (!isClean) ledger.note('answered, and left in pending/', left.map(({ token }) => token).join(', '));
  const alive = instances.find(({ bot, url }) => bot !== undefined && !ledger.killed.has(new URL(url).port));
  for (const { messages } of talks)
    for (const message of messages) message.sound = await world.hear(message, alive?.url ?? '');
}

async function killOne(
  victim: Instance | undefined,
  messages: readonly Message[],
  { say }: InstancesOptions,
): Promise<void> {
  if (victim === undefined) return;
  const hit = messages.filter(({ removedAtMs }) => removedAtMs === undefined);
  const now = Date.now();
  for (const message of hit) message.killedAtMs = now;
  await victim.kill();
  say(`instances: ${victim.name} killed with ${hit.length} messages unfinished in all`);
}

/** One after the other, each as soon as the answer to the one before is there; now and then two at a time. */
async function talk(conversation: Conversation, instances: readonly Instance[], options: InstancesOptions) {
  const { ledger } = options.world;
  const random = createRandom(options.seed, 'instances', conversation.index);
  const target = () => random.pick(instances).url;
  const deliverOnce = (message: Message) => options.world.deliver(message, target);
  while (conversation.messages.length < TURNS) {
    const isHasty = conversation.messages.length + 2 <= TURNS && random.isLucky(HASTY);
    const messages = [ledger.add(conversation, 'chat'), ...(isHasty ? [ledger.add(conversation, 'hasty')] : [])];
    const deliveries = messages.flatMap((message) => (random.isLucky(TWICE) ? [message, message] : [message]));
    await Promise.all(deliveries.map(deliverOnce));
    const areAnswered = () => messages.every((message) => answerOf(message) !== undefined);
    // Its loss is told by the judge; whether what follows is remembered is of no more interest.
    if (!(await ledger.when(areAnswered, ANSWER_LIMIT_MS))) return;
  }
}
