import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server in place of a service that the bot uses, on a real socket. */
export interface FakeServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The fields of the bot's activities that tests read. */
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

/** A request of the bot to the channel. */
export interface ChannelCall {
  readonly conversationId: string;
  /** The activity that it answers. An update has the id of the answered activity after a prefix. */
  readonly activityId: string;
  /** Replaces an earlier message. */
  readonly isUpdate: boolean;
  readonly isUpload: boolean;
  /** Empty for an upload. */
  readonly reply: Reply;
  readonly bodyBytes: number;
}

const PATH = /\/v3\/conversations\/([^/]+)\/(activities|attachments)(?:\/([^/]+))?$/;
const SENT = 'sent-';
/** Node's server closes idle connections after 5 s: a request sent at that moment would be lost. */
const KEEP_ALIVE_MS = 600_000;

export interface Channel extends FakeServer {
  readonly server: Server;
}

/** Parses the bot's requests to the channel; `onCall` answers them. */
export async function startChannel(
  onCall: (call: ChannelCall, response: ServerResponse) => Promise<void> | void,
): Promise<Channel> {
  const server = createServer((request, response) => {
    // The bot may abort a request in the middle of its body.
    readCall(request)
      .then((call) => onCall(call, response))
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

/** Answers a request with the id of the new activity; `onAnswered` is called when the response is written. */
export function confirm(response: ServerResponse, { activityId }: ChannelCall, onAnswered?: () => void): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: `${SENT}${activityId}` }), onAnswered);
}

/** Whether path and body of a request name this message and its conversation. */
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

/** The address of the audio of a reply: attached, linked in the text, or on a card. */
export function audioUrlOf({ attachments: [first] = [], text = '' }: Reply): string | undefined {
  const page = linkIn(text) ?? first?.content?.actions?.find(({ url }) => url !== undefined)?.url;
  return first?.contentUrl ?? (page === undefined ? undefined : `${page}.wav`);
}

/** The address of the player page, if the text has a link to it. */
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
    isUpload,
    isUpdate,
    bodyBytes: body.byteLength,
    reply: isUpload || body.byteLength === 0 ? {} : JSON.parse(body.toString('utf8')),
  };
}

export interface RealtimeServer extends FakeServer {
  readonly openSockets: number;
}

/** A WebSocket server in place of the model; `onSocket` speaks the protocol. */
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

/** Settings for a model that accepts any key. */
export function modelEnv(url: string, deployment: string): Record<string, string> {
  return {
    AZURE_OPENAI_ENDPOINT: url,
    AZURE_OPENAI_DEPLOYMENT_NAME: deployment,
    AZURE_OPENAI_API_KEY: 'any',
    LOG_LEVEL: 'info',
    PORT: '0',
  };
}

function urlOf(server: Pick<Server, 'address'>): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
