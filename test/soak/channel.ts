import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHANNEL_FAULTS, type ChannelAct, type ChannelFault, drawChannelFault, goneStatus } from './channel-faults.ts';
import type { Attempt, Ledger, Message } from './ledger.ts';
import { createRandom } from './random.ts';

/** The channel, from the bot's side. */
export interface Channel {
  readonly url: string;
  close(): Promise<void>;
}

export interface ChannelOptions {
  readonly ledger: Ledger;
  readonly seed: number;
  /** Told each message that a user sees. */
  readonly onTaken: (message: Message, body: Body) => void;
}

/** What is read of an activity that the bot sends. */
export interface Body {
  readonly type?: string;
  readonly text?: string;
  readonly replyToId?: string;
  readonly conversation?: { readonly id?: string };
  readonly attachments?: readonly {
    readonly contentUrl?: string;
    readonly content?: { readonly actions?: readonly { readonly url?: string }[] };
  }[];
}

interface Call {
  /** The message that is there is exchanged for this one. */
  readonly isUpdate: boolean;
  readonly conversationId: string;
  readonly activityId: string;
  readonly isUpload: boolean;
  readonly body: Body;
}

/** Of connections: broken as soon as they are made. */
const RESET_AT_ONCE = 0.02;
const IDLE_CUT_MS = 20_000;
const PATH = /\/v3\/conversations\/([^/]+)\/(activities|attachments)(?:\/([^/]+))?$/;

/** Takes the bot's replies on a real socket, as unreliably as channels are. */
export async function startChannel(options: ChannelOptions): Promise<Channel> {
  const { ledger, seed } = options;
  const server = createServer((request, response) => {
    // A call that the bot gives up in the middle of its body.
    takeCall(request, response, options).catch(() => request.socket.destroy());
  });
  let connections = 0;
  server.on('connection', (socket) => {
    ledger.count('calls', 'connection');
    if (!createRandom(seed, 'connection', connections++).isLucky(RESET_AT_ONCE)) return;
    ledger.count('channel', 'resetAtOnce');
    socket.resetAndDestroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // What is idle is closed now and then, perhaps just as the bot wants to use it again.
  const cutIdle = setInterval(() => {
    ledger.count('channel', 'idleConnectionsClosed');
    server.closeIdleConnections();
  }, IDLE_CUT_MS);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      clearInterval(cutIdle);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function takeCall(request: IncomingMessage, response: ServerResponse, options: ChannelOptions): Promise<void> {
  const { ledger, seed } = options;
  const call = await readCall(request);
  const message = ledger.find(call.activityId);
  const { type } = call.body;
  ledger.count('calls', call.isUpload ? 'upload' : String(type));
  const tries = message?.attempts.length ?? 0;
  const random = createRandom(seed, 'channel', call.conversationId, call.activityId, String(type), tries);
  const drawn = drawChannelFault(random, { hasAudio: hasAudio(call.body), isUpload: call.isUpload });
  const fault =
    message?.conversation.goneStatus === undefined ? drawn : (`gone${message.conversation.goneStatus}` as const);
  ledger.count('channel', fault);
  if (message !== undefined) message.conversation.goneStatus ??= goneStatus(fault);
  const act: ChannelAct = CHANNEL_FAULTS[fault];
  if (type === 'message') noteMessage(call, message, fault, response, options);
  if (type === 'typing' && message?.attempts.some(({ isTaken }) => isTaken)) message.typingAfterReply++;
  if (act.delayMs !== undefined) await sleep(random.whole(...act.delayMs));
  await answerCall(act, response, call);
}

async function answerCall(act: ChannelAct, response: ServerResponse, { activityId }: Call): Promise<void> {
  if (act.isSilent) return;
  if (act.status === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  const wait = act.retryAfterSeconds === undefined ? {} : { 'retry-after': String(act.retryAfterSeconds) };
  response.writeHead(act.status, { 'content-type': 'application/json', ...wait });
  response.end(JSON.stringify(act.status === 200 ? { id: `sent-${activityId}` } : { error: { code: 'Soak' } }));
}

function noteMessage(
  { body, conversationId, activityId, isUpdate }: Call,
  message: Message | undefined,
  fault: ChannelFault,
  response: ServerResponse,
  { ledger, onTaken }: ChannelOptions,
): void {
  const text = body.text ?? '';
  if (message === undefined) {
    ledger.note('reply to nobody', `${conversationId}/${activityId}: ${text.slice(0, 80)}`);
    return;
  }
  // An update of what has arrived changes one message, and makes no second.
  if (isUpdate && message.attempts.some((attempt) => attempt.isTaken)) return;
  const { isTaken, status }: ChannelAct = CHANNEL_FAULTS[fault];
  const isRightPlace = conversationId === message.conversation.id && activityId === message.activityId;
  const isReply = isUpdate || body.replyToId === message.activityId;
  const isRightBody = isReply && body.conversation?.id === message.conversation.id;
  const attempt: Attempt = {
    ...{ atMs: Date.now(), endedAtMs: undefined, fault, isTaken, isAnswered: status !== undefined },
    ...{ text, isUpdate, hasAudio: hasAudio(body), isWellAddressed: isRightPlace && isRightBody },
  };
  message.attempts.push(attempt);
  response.once('close', () => {
    attempt.endedAtMs = Date.now();
  });
  if (isTaken) onTaken(message, body);
}

function hasAudio({ attachments = [] }: Body): boolean {
  return attachments.length > 0;
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const [, conversationId = '', kind, activityId = ''] = PATH.exec(request.url ?? '') ?? [];
  const isUpload = kind === 'attachments';
  const body: Body = isUpload ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  const isUpdate = request.method === 'PUT';
  // What is updated is what was sent, and that has its name from what it answers.
  const answered = decodeURIComponent(activityId).slice(isUpdate ? 'sent-'.length : 0);
  return { conversationId: decodeURIComponent(conversationId), activityId: answered, isUpload, isUpdate, body };
}
