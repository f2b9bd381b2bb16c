import assert from 'node:assert/strict';
import { MAX_BODY_BYTES } from '../../src/http/json-body.ts';
import { fieldsOf } from '../../src/json-access.ts';
import type { FakeConnector } from '../support/fake-connector.ts';
import { createPoster, type PostAnswer } from '../support/kit/deliver.ts';
import { Counts } from '../support/kit/report.ts';
import { isSteady } from './contents.ts';
import { bodyOf, type Delivery } from './deliveries.ts';

/** No response is expected to take longer, including an answer to `expectReplies`. */
const POST_LIMIT_MS = 60_000;
const MAX_SOCKETS = 32;
/** For replies to a busy bot on a slow machine. */
const TIMEOUT_MS = 30_000;

export interface Barrage {
  /** Sends all of them at once; throws if one gets a wrong response, or is accepted and never replied to. */
  volley(deliveries: readonly Delivery[]): Promise<void>;
  readonly sent: number;
  /** The number of responses so far, by status. */
  readonly statuses: Counts<number>;
  /** The number of expected replies that arrived. */
  readonly replies: number;
  close(): void;
}

type Fields = Readonly<Record<string, unknown>>;

/** Sends deliveries to a bot whose channel is this connector. */
export function createBarrage(url: string, connector: FakeConnector): Barrage {
  const poster = createPoster(MAX_SOCKETS);
  const statuses = new Counts<number>();
  const mailbox = createMailbox(connector);
  let count = 0;
  let replies = 0;

  async function send(delivery: Delivery): Promise<void> {
    // Every attempt has its own id, since a known one would be ignored.
    const id = `fuzz-${++count}`;
    const body = bodyOf(delivery, id, connector.url);
    const answer = await poster.post(url, body, { timeoutMs: POST_LIMIT_MS, contentType: delivery.contentType });
    statuses.add(answer.status);
    const activity = read(body);
    assertAnswer(answer, activity, body);
    if (answer.status !== 200 || !isReplyDue(activity, id, connector.url)) return;
    replies += 1;
    if (activity['deliveryMode'] === 'expectReplies') assertExpectedReplies(answer);
    else await mailbox.reply(id);
  }

  return {
    volley: async (deliveries) => void (await Promise.all(deliveries.map(send))),
    get sent() {
      return count;
    },
    statuses,
    get replies() {
      return replies;
    },
    close: poster.close,
  };
}

/** The object that the bot parses from these bytes; undefined if it is none. */
function read(body: Buffer): Fields {
  try {
    const value = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function assertAnswer({ status, text, label: answered }: PostAnswer, { type, name }: Fields, body: Buffer): void {
  // The bot may close the connection on a too large body before its response is read.
  const isCut = /ECONNRESET|EPIPE/.test(answered) && body.byteLength > MAX_BODY_BYTES;
  const isFine = isCut || (status >= 200 && status < 300) || (status >= 400 && status < 500);
  // An unknown invoke: the response is the bot's, and the channel understands it.
  const isUnknownInvoke = status === 501 && type === 'invoke';
  const named = JSON.stringify([type, name]).slice(0, 100);
  assert.ok(isFine || isUnknownInvoke, `${named} was answered ${answered}: ${text.slice(0, 300)}`);
  if (status >= 400 && !isUnknownInvoke) assert.deepEqual(Object.keys(JSON.parse(text)), ['code', 'message']);
}

/**
 * An accepted message is answered, whatever else it contains. Conversations that end lose their queue, and in groups a
 * message may have lost its mention of the bot.
 */
function isReplyDue(activity: Fields, ours: string, address: string): boolean {
  const { type, id, serviceUrl } = activity;
  const { id: key, isGroup, conversationType } = fieldsOf(activity['conversation']);
  const isPersonal = conversationType === 'personal' || (conversationType === undefined && isGroup !== true);
  const isDue = isPersonal || JSON.stringify([activity['entities'], activity['recipient']]) === MENTION;
  return type === 'message' && id === ours && serviceUrl === address && isSteady(key) && isDue;
}

/** The mention and the bot of a delivery, if they were not edited. */
const MENTION = JSON.stringify([
  [{ type: 'mention', mentioned: { id: 'bot-1', name: 'Bot' }, text: '<at>Bot</at>' }],
  { id: 'bot-1', name: 'Bot' },
]);

function assertExpectedReplies({ text }: PostAnswer): void {
  const { activities } = JSON.parse(text);
  assert.equal(activities.length, 1, text.slice(0, 300));
  assert.ok(activities[0].text.length > 0);
}

/** Waits for replies by the id of the activity that they answer. */
function createMailbox(connector: FakeConnector) {
  const waiters = new Map<string, () => void>();
  const early = new Set<string>();
  connector.rule = ({ path, body }) => {
    if (body?.type !== 'message') return undefined;
    const id = path.slice(path.lastIndexOf('/') + 1);
    const wake = waiters.get(id);
    if (wake === undefined) early.add(id);
    else wake();
    return undefined;
  };
  return {
    reply: (id: string) =>
      new Promise<void>((resolve, reject) => {
        if (early.delete(id)) return resolve();
        const late = new Error(`no reply to ${id}, which was taken, within ${TIMEOUT_MS} ms`);
        const timer = setTimeout(reject, TIMEOUT_MS, late);
        waiters.set(id, () => {
          clearTimeout(timer);
          waiters.delete(id);
          resolve();
        });
      }),
  };
}
