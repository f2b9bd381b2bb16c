import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { linkIn } from '../soak/replies.ts';
import type { Holds } from './holds.ts';
import type { Ledger, Message } from './ledger.ts';

/** The channel, from the bot's side. */
export interface Channel {
  readonly url: string;
  close(): Promise<void>;
}

export interface ChannelOptions {
  readonly ledger: Ledger;
  readonly holds: Holds;
  /** How long each call takes, in milliseconds. */
  readonly delayMs: () => number;
  /** Told of each message that a user sees. */
  readonly onTaken: (message: Message) => void;
}

/** What is read of an activity that the bot sends. */
interface Body {
  readonly type?: string;
  readonly text?: string;
  readonly replyToId?: string;
  readonly conversation?: { readonly id?: string };
  readonly attachments?: readonly { readonly contentUrl?: string }[];
}

interface Call {
  readonly conversationId: string;
  readonly activityId: string;
  readonly body: Body;
}

const PATH = /\/v3\/conversations\/([^/]+)\/activities(?:\/([^/]+))?$/;

/** Takes the bot's replies on a real socket, and holds those that are to be interrupted. */
export async function startChannel(options: ChannelOptions): Promise<Channel> {
  const server = createServer((request, response) => {
    takeCall(request, response, options).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function takeCall(request: IncomingMessage, response: ServerResponse, options: ChannelOptions): Promise<void> {
  const { delayMs, ledger, holds } = options;
  const call = await readCall(request);
  await sleep(delayMs());
  if (call.body.type === 'message') {
    const message = ledger.find(call.activityId);
    if (message === undefined) ledger.note(`reply to nobody: ${JSON.stringify(call).slice(0, 200)}`);
    else if (noteSend(call, message, options)) return holds.whenReleased;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: `sent-${call.activityId}` }));
}

/** Whether the call is held without an answer. */
function noteSend(call: Call, message: Message, { ledger, holds, onTaken }: ChannelOptions): boolean {
  const isUntaken = holds.reach(message, 'sending');
  const { text = '', replyToId, conversation, attachments = [] } = call.body;
  const { id } = message.conversation;
  const isRightPlace = call.conversationId === id && conversation?.id === id && replyToId === message.activityId;
  const soundUrl = attachments[0]?.contentUrl ?? soundOfPage(linkIn(text));
  const port = URL.parse(soundUrl ?? '')?.port;
  message.sends.push({ atMs: Date.now(), text, isTaken: !isUntaken, isWellAddressed: isRightPlace, soundUrl, port });
  if (!isUntaken) onTaken(message);
  const isUnanswered = isUntaken || holds.reach(message, 'taken');
  ledger.changed();
  return isUnanswered;
}

function soundOfPage(url: string | undefined): string | undefined {
  return url === undefined ? undefined : `${url}.wav`;
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const [, conversation = '', activity = ''] = PATH.exec(request.url ?? '') ?? [];
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    conversationId: decodeURIComponent(conversation),
    activityId: decodeURIComponent(activity),
    body: text === '' ? {} : (JSON.parse(text) as Body),
  };
}
