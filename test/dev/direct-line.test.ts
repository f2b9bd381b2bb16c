import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type DirectLine, startDirectLine } from '../../dev/direct-line/direct-line.ts';

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
};
const STREAM = '/v3/directline/conversations/%ZZ/stream';

describe('a WebSocket to the Direct Line of the demo', () => {
  const bot = createServer((_, response) => void response.end());
  let directLine: DirectLine;
  before(async () => {
    await once(bot.listen(0, '127.0.0.1'), 'listening');
    const botEndpoint = `http://127.0.0.1:${(bot.address() as AddressInfo).port}/api/messages`;
    directLine = await startDirectLine({ botEndpoint, servePage: (_, response) => void response.end() });
  });
  after(async () => {
    await directLine.close();
    bot.close();
  });

  /** Resolves with whether the WebSocket was opened. */
  async function opens(path: string, headers: Record<string, string> = {}): Promise<boolean> {
    const { port } = new URL(directLine.url);
    const sent = request({ host: '127.0.0.1', port, path, headers: { ...UPGRADE, ...headers } });
    const opened = new Promise<boolean>((resolve, reject) => {
      sent.once('upgrade', (_: IncomingMessage, socket) => {
        socket.destroy();
        resolve(true);
      });
      sent.once('error', ({ code, message }: NodeJS.ErrnoException) =>
        code === 'ECONNRESET' ? resolve(false) : reject(new Error(message)),
      );
    });
    sent.end();
    return await opened;
  }

  /** Starts a conversation, and resolves with the path of its stream. */
  async function startConversation(): Promise<string> {
    const response = await fetch(`${directLine.url}/v3/directline/conversations`, { method: 'POST' });
    const { streamUrl } = (await response.json()) as { streamUrl: string };
    const { pathname, search } = new URL(streamUrl);
    return pathname + search;
  }

  it('opens for a conversation', async () => {
    assert.equal(await opens(await startConversation()), true);
  });

  it('is refused to pages of other origins', async () => {
    assert.equal(await opens(await startConversation(), { origin: 'https://page.example' }), false);
  });

  for (const path of [STREAM, '//', '/v3/directline/conversations/unknown/stream', '/']) {
    for (const headers of [{}, { origin: 'https://page.example' }]) {
      const origin = 'origin' in headers ? 'another origin' : 'this machine';
      it(`is refused for the path ${path} from ${origin}, and the demo goes on`, async () => {
        assert.equal(await opens(path, headers), false);
        assert.equal(await opens(await startConversation()), true);
      });
    }
  }
});

describe('a request to the Direct Line of the demo', () => {
  it('that starts a conversation gives the bot the locale of the user', async (t) => {
    const received: unknown[] = [];
    const bot = createServer(async (sent, response) => {
      received.push(((await json(sent)) as { locale?: unknown }).locale);
      response.end();
    });
    await once(bot.listen(0, '127.0.0.1'), 'listening');
    t.after(() => bot.close());
    await using directLine = await startDirectLine({
      botEndpoint: `http://127.0.0.1:${(bot.address() as AddressInfo).port}/api/messages`,
      servePage: (_, response) => void response.end(),
    });
    for (const body of ['{"user":{"id":"u"},"locale":"de-AT"}', '{}', '']) {
      const { status } = await fetch(`${directLine.url}/v3/directline/conversations`, { method: 'POST', body });
      assert.equal(status, 201);
    }
    assert.deepEqual(received, ['de-AT', undefined, undefined]);
  });

  it('with a broken percent escape is for no conversation', async () => {
    await using directLine = await startDirectLine({
      botEndpoint: 'http://127.0.0.1:9/api/messages',
      servePage: (_, response) => void response.end(),
    });
    const response = await fetch(directLine.url + STREAM.replace('/stream', ''));
    assert.equal(response.status, 404);
  });
});
