import { setTimeout as sleep } from 'node:timers/promises';
import { sendRaw } from '../http/raw-request.ts';
import { type Activity, activityOf, deliver, type PostAnswer, type Poster } from '../support/kit/deliver.ts';
import { createRandom, type Random } from '../support/kit/random.ts';
import { noteExpectedReplies } from './expected-replies.ts';
import type { Conversation, Message, SoakLedger } from './ledger.ts';

/** Options of the users who write to the bot. */
export interface UsersOptions {
  readonly ledger: SoakLedger;
  readonly poster: Poster;
  /** The address for the next delivery; undefined if no instance runs. */
  readonly target: () => string | undefined;
  /** Ends all deliveries. */
  readonly signal: AbortSignal;
  readonly seed: number;
  /** Part of the name of these users' random choices. */
  readonly wave: string;
  readonly channelUrl: string;
  readonly count: number;
  /** Aborted when no user writes any more; deliveries go on. */
  readonly quiet: AbortSignal;
}

const MEAN_GAP_MS = 5_000;
const ACTIONS = {
  ...{ message: 776, burst: 80, flood: 4, twice: 60, expectReplies: 30 },
  ...{ invoke: 20, event: 15, garbage: 15 },
} as const;
/** More than the queue accepts. */
const FLOOD = 20;
const EVENTS = ['typing', 'messageReaction', 'endOfConversation', 'conversationUpdate', 'event'];
/** An `expectReplies` message also waits for all earlier turns. */
const EXPECT_REPLIES_TIMEOUT_MS = 240_000;
const SLOW_POST_MS = 1_000;
const MAX_DELIVERIES = 20;
const MAX_PAUSE_MS = 5_000;

/** Runs all users until `quiet`. Resolves when the last POST is answered. */
export async function runUsers(options: UsersOptions): Promise<void> {
  const seats = Array.from({ length: options.count }, (_, seat) => runSeat(seat, options));
  await Promise.all(seats);
}

/** Runs one conversation after another: a new one begins when the channel reports the last one as gone. */
async function runSeat(seat: number, options: UsersOptions): Promise<void> {
  const random = createRandom(options.seed, options.wave, seat);
  const work = new Set<Promise<void>>();
  let conversation = options.ledger.open();
  while (!options.quiet.aborted) {
    await sleep(random.gapMs(MEAN_GAP_MS), undefined, { signal: options.quiet }).catch(() => {});
    if (options.quiet.aborted) break;
    if (conversation.goneStatus !== undefined) conversation = options.ledger.open();
    // A user does not wait for an answer before the next message.
    const action = act(conversation, random, options).finally(() => work.delete(action));
    work.add(action);
  }
  await Promise.all(work);
}

async function act(conversation: Conversation, random: Random, options: UsersOptions): Promise<void> {
  const { ledger } = options;
  const kind = random.weighted(ACTIONS);
  ledger.count('users', kind);
  switch (kind) {
    case 'message':
      return say(conversation, random, options);
    case 'expectReplies':
      return say(conversation, random, options, { deliveryMode: 'expectReplies' });
    case 'burst':
      return burst(conversation, random, options, random.integer(2, 5));
    case 'flood':
      return burst(conversation, random, options, FLOOD);
    case 'twice':
      return sayTwice(conversation, random, options);
    case 'invoke':
      return expectStatus(
        [501],
        channelActivity(conversation, options, { type: 'invoke', name: 'soak/x', id: 'i' }),
        options,
      );
    case 'event':
      return expectStatus(
        [200],
        channelActivity(conversation, options, { type: random.pick(EVENTS), id: 'e' }),
        options,
      );
    case 'garbage':
      return sendGarbage(random, options);
  }
}

async function say(conversation: Conversation, random: Random, options: UsersOptions, fields = {}): Promise<void> {
  const { message, activity } = compose(conversation, random, options, fields);
  await send(message, activity, options);
}

/** Sends several messages at once, or each as soon as the previous one is accepted. */
async function burst(conversation: Conversation, random: Random, options: UsersOptions, count: number): Promise<void> {
  const composed = Array.from({ length: count }, () => compose(conversation, random, options));
  if (random.chance(0.5)) {
    await Promise.all(composed.map(({ message, activity }) => send(message, activity, options)));
    return;
  }
  for (const { message, activity } of composed) {
    message.postedAtMs = Date.now();
    await send(message, activity, options);
  }
}

/** Delivers a message twice, as a channel does that has lost the answer to its POST. */
async function sayTwice(conversation: Conversation, random: Random, options: UsersOptions): Promise<void> {
  const { message, activity } = compose(conversation, random, options);
  const again = async () => {
    await sleep(random.pick([0, 0, 20, 500, 4_000, 20_000]), undefined, { signal: options.quiet }).catch(() => {});
    await send(message, activity, options);
  };
  await Promise.all([send(message, activity, options), again()]);
}

function compose(conversation: Conversation, random: Random, options: UsersOptions, fields = {}) {
  const expectsReplies = 'deliveryMode' in fields;
  const message: Message = options.ledger.add(conversation, expectsReplies);
  const text = `${message.token} ${'what do you say? '.repeat(random.integer(0, 8))}${random.pick(['', '\n[1]', '"', '{}'])}`;
  return { message, activity: channelActivity(conversation, options, { id: message.activityId, text, ...fields }) };
}

/** Delivers a message until the bot accepts it. */
async function send(message: Message, activity: Activity, options: UsersOptions): Promise<void> {
  const { ledger, poster, target, signal } = options;
  const { expectsReplies } = message;
  const answer = await deliver(message, activity, {
    ...{ ledger, poster, signal, target, maxDeliveries: MAX_DELIVERIES },
    pauseMs: (count) => Math.min(MAX_PAUSE_MS, 500 * count),
    ...(expectsReplies ? { timeoutMs: EXPECT_REPLIES_TIMEOUT_MS } : {}),
    onAnswer({ label, status, ms }: PostAnswer) {
      ledger.count('posts', label);
      if (status === 503 || status === 0) message.failedPosts++;
      if (!expectsReplies && ms > SLOW_POST_MS) ledger.count('slow posts', `${Math.ceil(ms / 1000)} s`);
    },
  });
  if (expectsReplies && answer?.status === 200) noteExpectedReplies(message, answer.text);
}

function channelActivity(
  { index, id, channel }: Conversation,
  { channelUrl }: UsersOptions,
  fields: Activity,
): Activity {
  const isTeams = channel === 'msteams';
  const serviceUrl = isTeams ? `${channelUrl}/teams/` : channelUrl;
  const conversation = isTeams ? { conversation: { id, conversationType: 'personal', tenantId: 'soak' } } : {};
  return activityOf({ serviceUrl, conversationId: id, index, channelId: channel }, { ...conversation, ...fields });
}

async function expectStatus(
  wanted: readonly number[],
  activity: Activity | string,
  options: UsersOptions,
): Promise<void> {
  const body = typeof activity === 'string' ? activity : JSON.stringify(activity);
  const botUrl = options.target();
  if (botUrl === undefined) return;
  const { status, label } = await options.poster.post(botUrl, body);
  options.ledger.count('other posts', label);
  // A bot that is being restarted says so, or nothing.
  if (wanted.includes(status) || status === 503 || status === 0) return;
  options.ledger.note('wrong answer to a POST', `${label} to ${JSON.stringify(activity).slice(0, 120)}`);
}

async function sendGarbage(random: Random, options: UsersOptions): Promise<void> {
  const bytes = Buffer.from(Array.from({ length: random.integer(1, 500) }, () => random.integer(0, 255)));
  const kind = random.pick(['bytes', 'half', 'list', 'deep', 'empty', 'fields'] as const);
  const bodies = {
    half: '{"type":"message","id":"x","text":"c1-m1',
    list: '[{"type":"message"}]',
    deep: `{"type":${'['.repeat(5_000)}`,
    empty: '',
    fields: JSON.stringify({ type: 'message', id: 'x', channelId: 'a/b', conversation: [], from: 5, text: {} }),
  };
  if (kind !== 'bytes') return expectStatus([400, 415], bodies[kind], options);
  const botUrl = options.target();
  if (botUrl === undefined) return;
  const { status } = await sendRaw(botUrl, bytes, { half: true }).catch(() => ({ status: -1 }));
  options.ledger.count('other posts', `bytes: ${status}`);
}
