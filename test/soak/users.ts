import { setTimeout as sleep } from 'node:timers/promises';
import { sendRaw } from '../http/raw-request.ts';
import { type Activity, activityOf, deliver, type PostAnswer, type Poster } from '../support/kit/deliver.ts';
import { createRandom, type Random } from '../support/kit/random.ts';
import { noteInBand } from './in-band.ts';
import type { Conversation, Message, SoakLedger } from './ledger.ts';

/** Everybody who writes to the bot. */
export interface UsersOptions {
  readonly ledger: SoakLedger;
  readonly poster: Poster;
  /** Where to deliver next; `undefined` if no instance runs. */
  readonly target: () => string | undefined;
  /** Aborted when nobody delivers anything any more. */
  readonly over: AbortSignal;
  readonly seed: number;
  /** Names the choices of these users. */
  readonly wave: string;
  readonly channelUrl: string;
  readonly count: number;
  /** Aborted when nobody writes any more; what was written is still delivered. */
  readonly quiet: AbortSignal;
}

const MEAN_GAP_MS = 5_000;
const ACTIONS = {
  ...{ message: 776, burst: 80, flood: 4, twice: 60, inBand: 30 },
  ...{ invoke: 20, event: 15, garbage: 15 },
} as const;
/** More than may wait: the rest is refused. */
const FLOOD = 20;
const EVENTS = ['typing', 'messageReaction', 'endOfConversation', 'conversationUpdate', 'event'];
/** A message that waits for its answer waits for all turns before, too. */
const IN_BAND_LIMIT_MS = 240_000;
const SLOW_POST_MS = 1_000;
const MAX_DELIVERIES = 20;
const MAX_PAUSE_MS = 5_000;

/** Runs all users until they are told to be quiet; resolves when the last POST is answered. */
export async function runUsers(options: UsersOptions): Promise<void> {
  const seats = Array.from({ length: options.count }, (_, seat) => runSeat(seat, options));
  await Promise.all(seats);
}

/** One conversation after another: a new one begins where the channel says that the last one is gone. */
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
  const kind = random.among(ACTIONS);
  ledger.count('users', kind);
  switch (kind) {
    case 'message':
      return say(conversation, random, options);
    case 'inBand':
      return say(conversation, random, options, { deliveryMode: 'expectReplies' });
    case 'burst':
      return burst(conversation, random, options, random.whole(2, 5));
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
  await bring(message, activity, options);
}

/** Several at once, or each as soon as the one before was taken. */
async function burst(conversation: Conversation, random: Random, options: UsersOptions, count: number): Promise<void> {
  const composed = Array.from({ length: count }, () => compose(conversation, random, options));
  if (random.isLucky(0.5)) {
    await Promise.all(composed.map(({ message, activity }) => bring(message, activity, options)));
    return;
  }
  for (const { message, activity } of composed) {
    message.postedAtMs = Date.now();
    await bring(message, activity, options);
  }
}

/** A channel that did not hear the answer to its POST delivers once more, at once or much later. */
async function sayTwice(conversation: Conversation, random: Random, options: UsersOptions): Promise<void> {
  const { message, activity } = compose(conversation, random, options);
  const again = async () => {
    await sleep(random.pick([0, 0, 20, 500, 4_000, 20_000]), undefined, { signal: options.quiet }).catch(() => {});
    await bring(message, activity, options);
  };
  await Promise.all([bring(message, activity, options), again()]);
}

function compose(conversation: Conversation, random: Random, options: UsersOptions, fields = {}) {
  const isInBand = 'deliveryMode' in fields;
  const message: Message = options.ledger.add(conversation, isInBand);
  const text = `${message.token} ${'what do you say? '.repeat(random.whole(0, 8))}${random.pick(['', '\n[1]', '"', '{}'])}`;
  return { message, activity: channelActivity(conversation, options, { id: message.activityId, text, ...fields }) };
}

/** Delivers a message until the bot takes it. */
async function bring(message: Message, activity: Activity, options: UsersOptions): Promise<void> {
  const { ledger, poster, target, over } = options;
  const { isInBand } = message;
  const answer = await deliver(message, activity, {
    ...{ ledger, poster, over, target, maxDeliveries: MAX_DELIVERIES },
    pauseMs: (count) => Math.min(MAX_PAUSE_MS, 500 * count),
    ...(isInBand ? { limitMs: IN_BAND_LIMIT_MS } : {}),
    onAnswer({ name, status, ms }: PostAnswer) {
      ledger.count('posts', name);
      if (status === 503 || status === 0) message.failedPosts++;
      if (!isInBand && ms > SLOW_POST_MS) ledger.count('slow posts', `${Math.ceil(ms / 1000)} s`);
    },
  });
  if (isInBand && answer?.status === 200) noteInBand(message, answer.text);
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
  const { status, name } = await options.poster.post(botUrl, body);
  options.ledger.count('other posts', name);
  // A bot that is being restarted says so, or nothing.
  if (wanted.includes(status) || status === 503 || status === 0) return;
  options.ledger.note('wrong answer to a POST', `${name} to ${JSON.stringify(activity).slice(0, 120)}`);
}

async function sendGarbage(random: Random, options: UsersOptions): Promise<void> {
  const bytes = Buffer.from(Array.from({ length: random.whole(1, 500) }, () => random.whole(0, 255)));
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
