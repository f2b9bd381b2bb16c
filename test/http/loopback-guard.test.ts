import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BotUnderTest } from '../support/bot.ts';
import { message, request, started, TUNNELLED } from './greeter.ts';
import { assertRefusal, type sendRaw } from './raw-request.ts';

function assertForbidden(answer: Awaited<ReturnType<typeof sendRaw>>): void {
  assert.equal(answer.status, 403);
  assertRefusal(answer.body, 'forbidden');
  assert.match(answer.body, /[Ww]ithout an app id/);
}

describe('a bot without an app id', () => {
  let bot: BotUnderTest;
  before(async () => {
    bot = await started({ PUBLIC_BASE_URL: 'https://bot.example.com' });
  });
  after(() => bot.close());

  const own = [
    'localhost:3978',
    'LocalHost',
    'localhost.',
    'localhost.:80',
    'bot.localhost:3978',
    '127.0.0.1:3978',
    '127.1',
    '[::1]:3978',
    '[::1]',
    '192.168.1.20:3978',
    '[fd00::7]:3978',
    'host.docker.internal:3978',
    'gateway.docker.internal',
    'voice-bot:3978',
    'bot.example.com',
    'BOT.example.com:443',
  ];
  for (const host of own) {
    it(`serves ${host}`, async () => {
      assert.equal((await message(bot, { Host: host })).status, 200);
      assert.equal((await request(bot, ['GET /about HTTP/1.1', `Host: ${host}`])).status, 200);
    });
  }

  const foreign = [
    'evil.example:3978',
    'evil.example',
    'EVIL.example.',
    'localhost.evil.example',
    'evil-localhost.example',
    '127.0.0.1.nip.io',
    'localhost:3978@evil.example',
    'localhost@evil.example:3978',
    'evil.example/localhost',
    'evil.example#localhost',
    'evil.example\\localhost',
    'localhost:99999',
    'localhost, evil.example',
    'localhost evil.example',
    'host.docker.internal.evil.example',
    'sub.bot.example.com',
    'xn--n3h.example',
    '[::1].evil.example',
    '[evil.example]',
    '.',
    '',
    ':3978',
  ];
  for (const host of foreign) {
    it(`rejects the Host "${host}" on every route except /health`, async () => {
      assertForbidden(await message(bot, { Host: host }));
      for (const target of ['/about', '/audio/x.wav', '/audio/x', '/record/x', '/player.js', '/nothing', '/', '/%']) {
        assertForbidden(await request(bot, [`GET ${target} HTTP/1.1`, `Host: ${host}`]));
      }
      assertForbidden(await request(bot, ['POST /record/x HTTP/1.1', `Host: ${host}`], '{}'));
      assertForbidden(await request(bot, ['OPTIONS /api/messages HTTP/1.1', `Host: ${host}`]));
    });
  }

  it('answers /health under any name', async () => {
    for (const host of ['evil.example', '169.254.130.4:8000', '']) {
      for (const target of ['/health', '/health?probe', '/health/'])
        assert.equal((await request(bot, [`GET ${target} HTTP/1.1`, `Host: ${host}`])).status, 200);
    }
  });

  it('rejects two Hosts in either order', async () => {
    for (const hosts of [
      ['localhost', 'evil.example'],
      ['evil.example', 'localhost'],
    ]) {
      const lines = hosts.map((host) => `Host: ${host}`);
      const answer = await request(bot, ['GET /about HTTP/1.1', ...lines]);
      assert.ok(answer.status === 403 || answer.status === 400, String(answer.status));
    }
  });

  it('rejects HTTP/1.0 without a Host, except for /health', async () => {
    assertForbidden(await request(bot, ['GET /about HTTP/1.0']));
    assert.equal((await request(bot, ['GET /health HTTP/1.0'])).status, 200);
  });

  it('rejects paths that only resemble /health', async () => {
    for (const target of ['/healthy', '/health/../about', '//health', '/about?/health', 'http://localhost/health']) {
      assertForbidden(await request(bot, [`GET ${target} HTTP/1.1`, 'Host: evil.example']));
    }
  });

  for (const origin of [
    'http://evil.example',
    'https://evil.example:3978',
    'http://localhost.evil.example',
    'null',
    'file://',
    'chrome-extension://abcdefghijklmnop',
    'localhost',
    '',
    'http://6.6.6.6',
    'https://203.0.113.5:3978',
    'http://evil',
    'http://ai',
    'http://3405803781',
    'http://[2001:db8::1]',
  ]) {
    it(`rejects an activity from the Origin "${origin}"`, async () => {
      assertForbidden(await message(bot, { Origin: origin }));
    });
  }

  for (const origin of ['http://localhost:8080', 'http://127.0.0.1', 'https://[::1]:5000']) {
    it(`accepts an activity from the Origin ${origin}`, async () => {
      assert.equal((await message(bot, { Origin: origin })).status, 200);
    });
  }

  for (const host of ['192.168.1.5:3978', '[fd00::7]:3978', 'voice-bot:3978', 'bot.example.com']) {
    it(`accepts an activity from a page of its own Host: ${host}`, async () => {
      assert.equal((await message(bot, { Host: host, Origin: `http://${host}` })).status, 200);
    });
  }

  it('rejects an activity from a page of another site, and accepts one from its own', async () => {
    assertForbidden(await message(bot, { 'Sec-Fetch-Site': 'cross-site' }));
    for (const site of ['same-origin', 'same-site', 'none'])
      assert.equal((await message(bot, { 'Sec-Fetch-Site': site })).status, 200);
  });

  for (const [name, value] of Object.entries(TUNNELLED)) {
    it(`rejects an activity that a tunnel has forwarded: ${name}`, async () => {
      assertForbidden(await message(bot, { [name]: value }));
    });
  }

  it('serves its pages to a browser that comes from another site or through a tunnel', async () => {
    const headers = [
      ...Object.entries(TUNNELLED),
      ['Sec-Fetch-Site', 'cross-site'],
      ['Origin', 'https://teams.example'],
    ];
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    assert.equal((await request(bot, ['GET /about HTTP/1.1', 'Host: bot.example.com', ...lines])).status, 200);
  });

  it('answers the Playground and the Emulator', async () => {
    const head = await request(bot, ['HEAD /api/messages HTTP/1.1', 'Host: 127.0.0.1:3978']);
    assert.equal(head.status, 405);
    const playground = { 'x-ms-agents-playground': 'true', 'user-agent': 'axios/1.8.2', accept: '*/*' };
    assert.equal((await message(bot, { Host: 'localhost:3978', ...playground })).status, 200);
    assert.equal((await message(bot, { Host: 'localhost:3978', 'user-agent': 'node-fetch/1.0' })).status, 200);
  });

  it('answers the accepted activities and nothing else', async () => {
    const before = bot.connector.messages.length;
    await message(bot, { Host: 'evil.example' });
    await message(bot, { Origin: 'http://evil.example' });
    await bot.says('last', { id: 'last', conversation: { id: 'another' } });
    await bot.connector.when(({ path, body }) => path.endsWith('/last') && body.type === 'message');
    assert.ok(bot.connector.messages.slice(before).every(({ body }) => body.text === 'Hi'));
    assert.ok(!bot.logs.some(({ level }) => level === 'error'));
  });
});

describe('a bot with an app id', () => {
  it('is reachable under any name, through tunnels and proxies', async (t) => {
    const bot = await started({}, true);
    t.after(() => bot.close());
    const [name = '', value = ''] = Object.entries(bot.signature())[0] ?? [];
    for (const headers of [
      { Host: 'evil.example:3978' },
      { Host: 'abc.devtunnels.example', ...TUNNELLED },
      { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site' },
    ]) {
      assert.equal((await message(bot, { ...headers, [name]: value })).status, 200);
      assert.equal((await message(bot, headers)).status, 401);
    }
  });
});
