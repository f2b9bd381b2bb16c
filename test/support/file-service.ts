import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { startTimedBot } from '../conversation/timed-bot.ts';
import { Gathered, inTime } from '../realtime/gathered.ts';
import type { BotUnderTest, BotUnderTestOptions } from './bot.ts';
import type { ConnectorCall } from './fake-connector.ts';
import type { ManualClock } from './manual-clock.ts';

/** One request of the bot to a file service. */
export interface FileCall {
  readonly method: string;
  /** The requested address, with any host. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Resolves once the client no longer waits for the answer. */
  readonly whenOver: Promise<void>;
}

/** `hang`: no answer; `reset`: the connection breaks; `endless`: a 201 whose body does not end. */
export type FileAnswer = { status: number; headers?: Record<string, string> } | 'hang' | 'reset' | 'endless';

export interface FileService extends AsyncDisposable {
  /** Every complete request, in the order of arrival. */
  readonly calls: readonly FileCall[];
  /** Every requested address, even without a complete request. */
  readonly requestedUrls: readonly string[];
  /** The answer to the request with this number (from 1). */
  rule: (call: FileCall, count: number) => FileAnswer | Promise<FileAnswer>;
  /** Redirects every address to this server, without changing the request. */
  readonly fetch: typeof fetch;
  /** Resolves when `count` requests have arrived. */
  whenCalls(count: number): Promise<readonly FileCall[]>;
}

/** In place of OneDrive, SharePoint and any other host to which the bot might send a file, on a real socket. */
export async function startFileService(): Promise<FileService> {
  const calls = new Gathered<FileCall>();
  const requestedUrls: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const [, origin = '', rest = ''] = /^\/([^/]*)(.*)$/.exec(request.url ?? '') ?? [];
      const over = Promise.withResolvers<void>();
      response.on('close', over.resolve);
      const { method = '', headers } = request;
      const url = decodeURIComponent(origin) + rest;
      const call = { method, url, headers, body: Buffer.concat(chunks), whenOver: over.promise };
      calls.add(call);
      give(response, await service.rule(call, calls.all.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const service: FileService = {
    calls: calls.all,
    requestedUrls,
    rule: () => ({ status: 201 }),
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      requestedUrls.push(url.href);
      return fetch(`${here}/${encodeURIComponent(url.origin)}${url.pathname}${url.search}`, init);
    },
    whenCalls: (count) => inTime(calls.when(count)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

function give(response: ServerResponse, answer: FileAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers = {} } = answer === 'endless' ? { status: 201 } : answer;
  // restify replaces `writeHead` of all responses in the process, and its version returns nothing.
  response.writeHead(status, headers);
  if (answer === 'endless') response.write('{');
  else response.end();
}

/** The upload address that Teams gives for an accepted file. */
export const UPLOAD_INFO = {
  contentUrl: 'https://contoso-my.sharepoint.com/personal/ada/Documents/Applications/voice-reply.wav',
  name: 'voice-reply.wav',
  uploadUrl: 'https://contoso-my.sharepoint.com/personal/ada/_api/v2.0/drive/items/01A/uploadSession?tempauth=a-secret',
  uniqueId: '8d3f1c52-0f7e-4a0a-9d8e-2f7a4c8f5b11',
  fileType: 'wav',
};
/** The id of the message with the offer. */
export const CARD_ID = 'consent-card';
export const PERSONAL = {
  channelId: 'msteams',
  conversation: { id: 'personal-1', conversationType: 'personal', tenantId: '11111111-2222-4333-8444-555555555555' },
  from: { id: 'user-1', name: 'Ada', aadObjectId: 'aad-1' },
};
/** The chat of the turn with this number: a new one after every ten turns, because of the limit for one person. */
export const inChatOf = (count: number) => ({
  ...PERSONAL,
  conversation: { ...PERSONAL.conversation, id: `chat-${Math.floor(count / 10)}` },
});
const PCM = Buffer.from(Array.from({ length: 96_000 }, (_, index) => index % 251));

export interface SavingChat {
  readonly bot: BotUnderTest;
  readonly clock: ManualClock;
  readonly files: FileService;
  /** The audio of the answer in this chat. */
  readonly audioId: string;
  readonly wav: Buffer;
  /** "Save .wav", as Teams delivers it. */
  saveActivity(fields?: Record<string, unknown>): Record<string, unknown>;
  /** Presses "Save .wav". Resolves with the context of the offer. */
  offer(): Promise<Record<string, unknown>>;
  /** The user's decision about an offer, as Teams delivers it. */
  consentActivity(value: Record<string, unknown>, fields?: Record<string, unknown>): Record<string, unknown>;
  /** Accepts the offer, and expects 200 for the invoke. */
  accept(context: unknown, place?: unknown, fields?: Record<string, unknown>): Promise<void>;
  /** Closes the bot, which finishes its work. Resolves with a description of its calls to the channel. */
  closeAndListCalls(): Promise<string[]>;
}

/** A personal chat in Teams with one answer, which needed no call to the channel. */
export async function startSavingChat(t: TestContext, options: BotUnderTestOptions = {}): Promise<SavingChat> {
  const files = await startFileService();
  const spoken = { outputs: [{ text: 'Hi there', pcm: PCM }], ending: { kind: 'completed' } } as const;
  const { turns = [], ...others } = options;
  const bot = await startTimedBot({ turns: [spoken, ...turns], deps: { fetch: files.fetch }, ...others });
  t.after(async () => {
    await files[Symbol.asyncDispose]();
    await bot[Symbol.asyncDispose]();
  });
  const reply = await bot.says('hello', { ...PERSONAL, deliveryMode: 'expectReplies' });
  const { activities } = (await reply.json()) as { activities: ConnectorCall['body'][] };
  const { actions } = activities[0].attachments[0].content;
  const { save } = actions.find(({ data }: ConnectorCall['body']) => data?.save !== undefined).data;
  const { url } = actions.find(({ type }: ConnectorCall['body']) => type === 'Action.OpenUrl');
  const wav = Buffer.from(await (await fetch(`${bot.url}${new URL(url).pathname}.wav`)).arrayBuffer());

  const chat: SavingChat = {
    bot,
    clock: bot.clock,
    files,
    audioId: save,
    wav,
    saveActivity: (fields = {}) => bot.message(undefined, { ...PERSONAL, value: { save }, ...fields }),
    async offer() {
      assert.equal((await bot.post(chat.saveActivity())).status, 200);
      const card = await inTime(bot.connector.when((call) => shownOf(call) === 'card: consent'));
      return card.body.attachments[0].content.acceptContext;
    },
    consentActivity: (value, fields = {}) =>
      bot.message(undefined, {
        ...PERSONAL,
        type: 'invoke',
        name: 'fileConsent/invoke',
        replyToId: CARD_ID,
        value: { type: 'fileUpload', ...value },
        ...fields,
      }),
    async accept(context, place = UPLOAD_INFO, fields = {}) {
      const response = await bot.post(chat.consentActivity({ action: 'accept', context, uploadInfo: place }, fields));
      assert.equal(response.status, 200);
    },
    async closeAndListCalls() {
      await inTime(bot.app.close());
      return bot.connector.calls.map(shownOf);
    },
  };
  return chat;
}

/** Describes a call to the channel: the kind of a card, the id of a removed message, or a text. */
function shownOf({ method, path, body }: ConnectorCall): string {
  if (method !== 'POST') return `${method} ${path.split('/').at(-1)}`;
  const kind: string | undefined = body.attachments?.[0]?.contentType;
  return kind === undefined ? body.text : kind.replace('application/vnd.microsoft.teams.card.file.', 'card: ');
}
