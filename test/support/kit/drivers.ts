import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A far end of the bot's on a real socket. */
export interface FarEnd {
  readonly url: string;
  close(): Promise<void>;
}

/** What is read of an activity that the bot sends. */
export interface Reply {
  readonly type?: string;
  readonly text?: string;
  readonly replyToId?: string;
  readonly conversation?: { readonly id?: string };
  readonly attachments?: readonly {
    readonly contentType?: string;
    readonly contentUrl?: string;
    readonly content?: { readonly actions?: readonly { readonly url?: string }[] };
  }[];
}

/** A call of the bot to the channel. */
export interface ChannelCall {
  readonly conversationId: string;
  /** The activity that is answered; what is updated is named after it. */
  readonly activityId: string;
  /** Replaces the message that was sent before. */
  readonly isUpdate: boolean;
  readonly isUpload: boolean;
  /** Empty for an upload. */
  readonly reply: Reply;
  readonly bodyBytes: number;
}

const PATH = /\/v3\/conversations\/([^/]+)\/(activities|attachments)(?:\/([^/]+))?$/;
const SENT = 'sent-';
/** Node's server closes idle connections after 5 s, and a request that meets the close is lost. */
const KEEP_ALIVE_MS = 600_000;

export interface Channel extends FarEnd {
  readonly server: Server;
}

/** Reads the bot's calls to the channel; `take` answers them. */
export async function startChannel(
  take: (call: ChannelCall, response: ServerResponse) => Promise<void> | void,
): Promise<Channel> {
  const server = createServer((request, response) => {
    // The bot may give up a call in the middle of its body.
    readCall(request)
      .then((call) => take(call, response))
      .catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: urlOf(server),
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Confirms a call with the id of what it sent; `onAnswered` is called when the answer is written. */
export function confirm(response: ServerResponse, { activityId }: ChannelCall, onAnswered?: () => void): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: `${SENT}${activityId}` }), onAnswered);
}

/** Whether path and body of a call name this message and its conversation. */
export function isFor(
  {
    conversationId,
    activityId,
    isUpdate,
    reply: { replyToId, conversation },
  }: Pick<ChannelCall, 'conversationId' | 'activityId' | 'isUpdate' | 'reply'>,
  message: { readonly activityId: string; readonly conversation: { readonly id: string } },
): boolean {
  const isReply = isUpdate || replyToId === message.activityId;
  return (
    isReply &&
    activityId === message.activityId &&
    conversationId === message.conversation.id &&
    conversation?.id === message.conversation.id
  );
}

/** The address of a reply's sound: attached, linked in the text, or on a card. */
export function soundUrlOf({ attachments: [first] = [], text = '' }: Reply): string | undefined {
  const page = linkIn(text) ?? first?.content?.actions?.find(({ url }) => url !== undefined)?.url;
  return first?.contentUrl ?? (page === undefined ? undefined : `${page}.wav`);
}

/** The address of the page that plays a reply, if that is a link in its text. */
export function linkIn(text: string): string | undefined {
  return /\[Listen \(\d+:\d\d\)\]\((\S+)\)$/.exec(text)?.[1];
}

async function readCall(request: IncomingMessage): Promise<ChannelCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const [, conversationId = '', kind, activityId = ''] = PATH.exec(request.url ?? '') ?? [];
  const isUpload = kind === 'attachments';
  const isUpdate = request.method === 'PUT';
  return {
    conversationId: decodeURIComponent(conversationId),
    activityId: decodeURIComponent(activityId).slice(isUpdate ? SENT.length : 0),
    ...{ isUpload, isUpdate, bodyBytes: body.byteLength },
    reply: isUpload || body.byteLength === 0 ? {} : JSON.parse(body.toString('utf8')),
  };
}

export interface RealtimeServer extends FarEnd {
  readonly openSockets: number;
}

/** A WebSocket server in the place of the model; `onSocket` speaks the protocol. */
export async function startRealtimeServer(onSocket: (socket: WebSocket) => void): Promise<RealtimeServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  await once(server, 'listening');
  return {
    url: urlOf(server),
    get openSockets() {
      return server.clients.size;
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What connects a bot to a model that takes any key. */
export function modelEnv(url: string, deployment: string): Record<string, string> {
  return {
    ...{ AZURE_OPENAI_ENDPOINT: url, AZURE_OPENAI_DEPLOYMENT_NAME: deployment, AZURE_OPENAI_API_KEY: 'any' },
    ...{ LOG_LEVEL: 'info', PORT: '0' },
  };
}

function urlOf(server: Pick<Server, 'address'>): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
