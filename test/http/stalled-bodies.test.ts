import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, it, mock, type TestContext } from 'node:test';
import { MAX_BODY_BYTES, MAX_UNVERIFIED_BYTES } from '../../src/http/json-body.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOpenIdServer, type TokenOptions } from '../support/openid-server.ts';
import { assertRefusal, sendRaw } from './raw-request.ts';

// botframework-connector prints the key of every forged token.
mock.method(console, 'error', () => {});

/** More bodies of a megabyte than the shared bound allows. */
const STALLED_COUNT = 80;
const GOOD_BYTES = MAX_BODY_BYTES - 10_000;

async function started(t: TestContext): Promise<BotUnderTest> {
  const responder = () => ({ outputs: [{ text: 'Hi' }], ending: { kind: 'completed' } as const });
  const bot = await startBot({ hasAppId: true, simulator: { responder } });
  t.after(() => bot.close());
  return bot;
}

function head(authorization: string, length: number): string {
  const lines = ['Host: bot', 'Content-Type: application/json', `Authorization: ${authorization}`];
  return ['POST /api/messages HTTP/1.1', ...lines, `Content-Length: ${length}`, '', ''].join('\r\n');
}

/** Sends this much of a body of a megabyte and no more; resolves when it is sent. */
async function stall(t: TestContext, { url }: BotUnderTest, authorization: string, sentBytes: number): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  // The server may cut off what it rejects.
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(head(authorization, MAX_BODY_BYTES));
  await new Promise<void>((resolve) => socket.write('x'.repeat(sentBytes), () => resolve()));
  return socket;
}

/** A message whose body has exactly this many bytes. */
function bodyOf(bot: BotUnderTest, bytes: number): string {
  const empty = JSON.stringify(bot.message('hello', { value: '' }));
  return empty.replace('"value":""', `"value":"${'x'.repeat(bytes - Buffer.byteLength(empty))}"`);
}

async function isDelivered(bot: BotUnderTest, bytes: number): Promise<void> {
  const response = await bot.post(bodyOf(bot, bytes));
  assert.equal(response.status, 200);
}

describe('unauthenticated bodies', { timeout: 60_000 }, () => {
  for (const [name, sentBytes] of [
    ['all but the end of a megabyte', MAX_BODY_BYTES - 1],
    ['all that may come unverified', MAX_UNVERIFIED_BYTES],
  ] as const) {
    it(`that stall after ${name} do not delay the delivery of any message`, async (t) => {
      const bot = await started(t);
      await Promise.all(Array.from({ length: STALLED_COUNT }, () => stall(t, bot, 'Bearer made-up', sentBytes)));
      await isDelivered(bot, 1_000);
      await isDelivered(bot, GOOD_BYTES);
      await bot.connector.whenMessages(2);
    });
  }

  const tokens: Record<string, TokenOptions> = {
    'a forged signature': { forged: true },
    'another issuer': { claims: { iss: 'https://attacker.example.com' } },
    'another audience': { claims: { aud: 'somebody-else' } },
    'a time that is over': { claims: { exp: 1 } },
    'an unknown key': { header: { kid: 'unknown' } },
  };
  for (const [name, options] of Object.entries(tokens)) {
    it(`are rejected before they end, with a token of ${name}`, async (t) => {
      const openId = await startOpenIdServer();
      t.after(() => openId.close());
      const bot = await startBot({ env: openId.env });
      t.after(() => bot.close());
      const authorization = `Bearer ${openId.token(bot.connector.url, options)}`;
      const answer = await sendRaw(bot.url, head(authorization, MAX_BODY_BYTES) + 'x'.repeat(4 * MAX_UNVERIFIED_BYTES));
      assert.equal(answer.status, 401);
      assertRefusal(answer.body, 'unauthorized');
      assert.equal(answer.headers.get('connection'), 'close');
    });
  }
});

describe('a long body', { timeout: 60_000 }, () => {
  it('is accepted with a valid token, around every bound', async (t) => {
    const bot = await started(t);
    for (const bytes of [MAX_UNVERIFIED_BYTES - 1, MAX_UNVERIFIED_BYTES, MAX_UNVERIFIED_BYTES + 1, GOOD_BYTES])
      await isDelivered(bot, bytes);
    await bot.connector.whenMessages(4);
  });

  it('is accepted from the Emulator with a token of the tenant', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const tid = '00000000-0000-4000-8000-0000000000e1';
    const env = { ...openId.env, MicrosoftAppType: 'SingleTenant', MicrosoftAppTenantId: tid };
    const bot = await startBot({ env, turns: ['Hi'] });
    t.after(() => bot.close());
    const iss = `https://sts.windows.net/${tid}/`;
    const token = openId.token('', { claims: { iss, tid, ver: '1.0', appid: openId.appId, serviceurl: undefined } });
    const response = await bot.post(bodyOf(bot, GOOD_BYTES), { authorization: `Bearer ${token}` });
    assert.equal(response.status, 200);
    await bot.connector.whenMessages(1);
  });

  it('is still checked for its channel and service URL', async (t) => {
    const bot = await started(t);
    const long = { value: 'x'.repeat(2 * MAX_UNVERIFIED_BYTES) };
    for (const fields of [{ channelId: 'skype' }, { serviceUrl: 'http://127.0.0.1:1' }])
      assert.equal((await bot.says('hello', { ...long, ...fields })).status, 401);
  });

  it('does not wait long for a silent key server, and a short body never calls it', async (t) => {
    const asked = Promise.withResolvers<void>();
    const silent: Server = createServer(() => asked.resolve());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    t.after(() => silent.close().closeAllConnections());
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/silent`;
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const clock = new ManualClock();
    const env = { ...openId.env, ToBotFromChannelOpenIdMetadataUrl: url };
    const bot = await startBot({ env, deps: { clock } });
    t.after(() => bot.close());
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    const broken = await bot.post('{"type":"message"', { authorization });
    assert.equal(broken.status, 400);
    const waiting = sendRaw(bot.url, head(authorization, MAX_BODY_BYTES) + 'x'.repeat(2 * MAX_UNVERIFIED_BYTES));
    await asked.promise;
    await clock.advance(5_000);
    const answer = await waiting;
    assert.equal(answer.status, 503);
    assertRefusal(answer.body, 'busy');
  });
});
