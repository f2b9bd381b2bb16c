import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { inTime } from '../realtime/gathered.ts';
import { startBot } from '../support/bot.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { FastClock } from '../support/fast-clock.ts';
import { type OpenIdServer, startOpenIdServer } from '../support/openid-server.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { makeTrustedCertificate } from '../support/trusted.ts';

export const certificate = makeTrustedCertificate(
  'smba.trafficmanager.net',
  '*.botframework.com',
  '*.directline.botframework.com',
  '*.webchat.botframework.com',
  '*.botframework.azure.us',
  '*.sharepoint.com',
  '*.sharepoint.us',
  '*.infra.gov.teams.microsoft.us',
  'login.microsoftonline.com',
);
export const skip = certificate === undefined ? 'there is no openssl' : false;

/** The response of a channel or a file host to a GET; `undefined` = 404. */
export type Read = (path: string, response: ServerResponse, count: number) => void;

export interface Field extends AsyncDisposable {
  readonly openId: OpenIdServer;
  /** Sets the responses for files from now on, and resets all counts. */
  begin(read: Read): Field;
  /** Path and `Authorization` of each request. */
  reads(): readonly [string, string | undefined][];
  /** The hosts that received a request for a file. */
  hosts(): readonly string[];
  /** Sends a message with an attachment over a channel and resolves with the text of the answer. */
  send(channelId: string, serviceUrl: string, attachment: object): Promise<string>;
}

/** The real bot with an app id behind a proxy that leads every host to one server of the test. */
export async function startField(): Promise<Field> {
  if (certificate === undefined) throw new Error('there is no certificate');
  let connectorPort = 0;
  const front = await startTlsFront(certificate, () => connectorPort);
  const proxy = await startConnectProxy(() => front.port);
  // The client of botbuilder reads it itself.
  process.env['HTTPS_PROXY'] = proxy.url;
  const openId = await startOpenIdServer();
  const bot = await startBot({
    env: { ...openId.env, HTTPS_PROXY: proxy.url },
    simulator: { responder: simulatedResponder },
    // Teams gets streamed text once a second, and a refused file is requested again after one second.
    deps: { clock: new FastClock() },
  });
  const { calls, messages } = bot.connector;
  connectorPort = Number(new URL(bot.connector.url).port);
  let chats = 0;
  let [callsBefore, tunnelsBefore] = [0, 0];
  const field: Field = {
    openId,
    begin(read) {
      [callsBefore, tunnelsBefore] = [calls.length, proxy.tunnels.length];
      let count = 0;
      bot.connector.rule = ({ method, path }, response) => {
        if (method !== 'GET') return undefined;
        read(path, response, ++count);
        return 'handled';
      };
      return field;
    },
    reads: () =>
      calls
        .slice(callsBefore)
        .filter(({ method }) => method === 'GET')
        .map(({ path, authorization }) => [path, authorization]),
    hosts: () => proxy.tunnels.slice(tunnelsBefore).map(({ target }) => target),
    async send(channelId, serviceUrl, attachment) {
      const before = messages.length;
      const conversation = { id: `conversation-${++chats}` };
      const activity = bot.message(undefined, { channelId, serviceUrl, conversation, attachments: [attachment] });
      const { status } = await bot.post(activity, { authorization: `Bearer ${openId.token(serviceUrl)}` });
      assert.equal(status, 200);
      const sent = await inTime(bot.connector.whenMessages(before + 1));
      assert.equal(sent.length, before + 1);
      return sent[before]?.body.text;
    },
    async [Symbol.asyncDispose]() {
      await bot.close();
      await openId.close();
      await proxy[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
      delete process.env['HTTPS_PROXY'];
    },
  };
  return field;
}

/** Not chained: in this process restify makes `writeHead` return undefined. */
export function answer(response: ServerResponse, status: number, headers = {}, body?: Uint8Array): void {
  response.writeHead(status, headers);
  response.end(body);
}

export const gives =
  (body: Uint8Array, type = 'application/octet-stream'): Read =>
  (_path, response) =>
    answer(response, 200, { 'content-type': type }, body);
