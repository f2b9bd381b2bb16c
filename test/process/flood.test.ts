import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { rawRequest, sendRaw } from '../http/raw-request.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { startFakeConnector } from '../support/fake-connector.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Every line that a process writes is one JSON event, whatever happens to it. */
function assertWritesOnlyJson({ stdout, stderr }: BotProcess): void {
  for (const line of stdout.trim().split('\n')) {
    const event = JSON.parse(line);
    assert.ok(event.level && event.time && event.msg, line);
  }
  assert.equal(stderr, '');
}

function message(serviceUrl: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'message',
    id: 'activity-1',
    channelId: 'emulator',
    serviceUrl,
    conversation: { id: 'conversation-1' },
    from: { id: 'user-1', name: 'Ada' },
    recipient: { id: 'bot-1' },
    text: 'something private',
    ...fields,
  };
}

/** A small generator with a fixed seed, so that every run sends the same. */
function randomBytes(seed: number, length: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state >>> 16;
    }),
  );
}

async function flood(url: string, serviceUrl: string): Promise<void> {
  const post = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
    fetch(`${url}/api/messages`, { method: 'POST', headers, body: body as string }).then((answer) => answer.text());
  const text = JSON.stringify(message(serviceUrl));
  const half =
    'POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"text';
  const requests = [
    ...Array.from({ length: 20 }, (_, seed) => () => sendRaw(url, randomBytes(seed, 300), { half: true })),
    ...Array.from({ length: 40 }, (_, index) => () => post(text.slice(0, 1 + index * 5))),
    ...Array.from({ length: 20 }, (_, seed) => () => post(randomBytes(seed, 500))),
    ...['type', 'from', 'conversation', 'text', 'channelId', 'recipient', 'id'].flatMap((name) =>
      [null, 5, 'x', {}, [], [[]], { id: {} }].map(
        (value) => () => post(JSON.stringify(message(serviceUrl, { type: 'event', id: 'flood', [name]: value }))),
      ),
    ),
    ...['invoke', 'conversationUpdate', 'messageReaction', 'x', '__proto__'].map(
      (type) => () => post(JSON.stringify(message(serviceUrl, { type, id: 'flood', name: 'x', value: null }))),
    ),
    () => post('x', { ...JSON_TYPE, 'content-encoding': 'gzip' }),
    () => post('x'.repeat(2 ** 21)),
    () => post('['.repeat(100_000)),
    () => sendRaw(url, half, { half: true }),
    ...['/', '/%zz', '//', '/audio/%00', '/api/messages'].map((target) => () => rawRequest(url, 'GET', target)),
    ...['PUT', 'OPTIONS', 'TRACE', 'CONNECT'].map((method) => () => rawRequest(url, method, '/health')),
  ];
  for (let at = 0; at < requests.length; at += 20) {
    await Promise.all(requests.slice(at, at + 20).map((request) => request()));
  }
}

describe('a bot process', { concurrency: 2 }, () => {
  it("survives a flood of garbage, and logs JSON without keys or the users' words", async (t) => {
    const connector = await startFakeConnector();
    t.after(() => connector[Symbol.asyncDispose]());
    const simulator = await startSimulator({
      responder: scripted(['a private answer']).responder,
      voice: toneVoice(),
      paceMs: 0,
    });
    t.after(() => simulator.close());
    const bot = startBotProcess({
      OPENAI_API_KEY: 'sk-very-secret',
      OPENAI_MODEL: 'simulator',
      OPENAI_BASE_URL: `${simulator.url}/v1`,
      LOG_LEVEL: 'trace',
      PORT: '0',
    });
    t.after(() => bot[Symbol.asyncDispose]());
    const url = await bot.whenListening();
    await flood(url, connector.url);

    assert.equal((await fetch(`${url}/health`)).status, 200);
    const body = JSON.stringify(message(connector.url));
    assert.equal((await fetch(`${url}/api/messages`, { method: 'POST', headers: JSON_TYPE, body })).status, 200);
    const reply = await connector.when((call) => call.path.endsWith('/activity-1') && call.body.type === 'message');
    assert.equal(reply.body.text, 'a private answer');
    await bot.whenLogged(({ msg }) => msg === 'turn ended');
    bot.signal('SIGTERM');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });

    assertWritesOnlyJson(bot);
    assert.doesNotMatch(bot.stdout, /private|secret|unhandled|uncaught|Ada/);
  });

  it('logs JSON after forged tokens, without the tokens or its secrets', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId[Symbol.asyncDispose]());
    const bot = startBotProcess({
      ...openId.env,
      AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9',
      AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
      AZURE_OPENAI_API_KEY: 'very-secret',
      LOG_LEVEL: 'trace',
      PORT: '0',
    });
    t.after(() => bot[Symbol.asyncDispose]());
    const url = await bot.whenListening();
    const serviceUrl = 'http://127.0.0.1:9';
    for (const [token, status] of [
      [openId.token(serviceUrl), 200],
      [openId.token(serviceUrl, { forged: true }), 401],
      [openId.token(serviceUrl, { claims: { exp: 1 } }), 401],
      [openId.token(serviceUrl, { claims: { aud: 'x' } }), 401],
      ['x.y.z', 401],
    ] as const) {
      const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
      const body = JSON.stringify(message(serviceUrl, { type: 'event' }));
      assert.equal((await fetch(`${url}/api/messages`, { method: 'POST', headers, body })).status, status);
    }
    bot.signal('SIGTERM');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });
    assert.doesNotMatch(bot.stdout + bot.stderr, /eyJ|very-secret|app-password|private/);
    assertWritesOnlyJson(bot);
  });
});
