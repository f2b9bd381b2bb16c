import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { createLogger } from '../../src/log.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { TEST_BUILD } from '../support/build.ts';
import { noRecordings } from '../support/no-recordings.ts';
import { emptyAudioStore } from '../support/stored-audio.ts';
import { assertRefusal, assertTellsNothing, rawRequest, sendRaw } from './raw-request.ts';

describe('the HTTP server', () => {
  let bot: BotUnderTest;
  const unseen: unknown[] = [];
  const note = (error: unknown) => void unseen.push(error);

  before(async () => {
    process.on('unhandledRejection', note);
    bot = await startBot({ turns: ['Still here'] });
  });

  after(async () => {
    process.off('unhandledRejection', note);
    await bot.close();
  });

  for (const target of ['/nothing', '/api', '/api/message', '/API/messages', '/index.html', '/.env', '/__proto__']) {
    it(`answers 404 at ${target}`, async () => {
      const answer = await rawRequest(bot.url, 'GET', target);
      assert.equal(answer.status, 404);
      assertRefusal(answer.body, 'not_found');
    });
  }

  for (const target of [
    '/audio',
    '/audio/',
    '/audio//',
    '/audio/?list',
    '/audio/index.html',
    '/audio/.wav',
    '/audio/*',
  ]) {
    it(`lists no audio at ${target}`, async () => {
      const answer = await rawRequest(bot.url, 'GET', target);
      assert.equal(answer.status, 404);
      // A browser gets this on a page.
      assert.match(answer.body, /^(<!doctype html>|\{"code":"not_found")/);
    });
  }

  for (const target of [
    '/audio/../../etc/passwd',
    '/audio/..%2f..%2fetc%2fpasswd',
    '/audio/%2e%2e/%2e%2e/package.json',
    '/audio/..\\..\\package.json',
    '/audio/%00.wav',
    `/audio/${'../'.repeat(30)}etc/passwd.wav`,
    '//etc/passwd',
    '/../src/index.ts',
  ]) {
    it(`serves no file at ${target.slice(0, 40)}`, async () => {
      const answer = await rawRequest(bot.url, 'GET', target);
      assert.equal(answer.status, 404);
      assertTellsNothing(answer.body);
    });
  }

  for (const target of ['/audio/%zz', '/audio/%E0%A4%A', '/%', '*', `/audio/${'a'.repeat(15_000)}.wav`]) {
    it(`answers the odd address ${target.slice(0, 20)} with a 4xx status`, async () => {
      const answer = await rawRequest(bot.url, 'GET', target);
      assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
      assertTellsNothing(answer.body);
    });
  }

  it('answers too large headers with 431', async () => {
    assert.equal((await rawRequest(bot.url, 'GET', `/${'a'.repeat(20_000)}`)).status, 431);
  });

  const allowed: Record<string, { methods: string[]; allow: string }> = {
    '/api/messages': { methods: ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'], allow: 'POST' },
    '/health': { methods: ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'], allow: 'GET, HEAD' },
    '/audio/abc.wav': { methods: ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'], allow: 'GET, HEAD' },
  };
  for (const [target, { methods, allow }] of Object.entries(allowed)) {
    for (const method of methods) {
      it(`answers ${method} ${target} with 405 and the allowed methods`, async () => {
        const answer = await rawRequest(bot.url, method, target);
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.get('allow'), allow);
        if (method === 'HEAD') assert.equal(answer.body, '');
        else assertRefusal(answer.body, 'method_not_allowed');
      });
    }
  }

  for (const target of ['/health', '/audio/abcdefghijklmnopqrstuv.t00000.abcdefghijklmnopqrstuv.wav', '/nothing']) {
    it(`answers HEAD ${target} like GET, without the body`, async () => {
      const get = await rawRequest(bot.url, 'GET', target);
      const head = await rawRequest(bot.url, 'HEAD', target);
      assert.equal(head.status, get.status);
      assert.equal(head.body, '');
      for (const name of ['content-type', 'content-length', 'cache-control']) {
        assert.equal(head.headers.get(name), get.headers.get(name), name);
      }
    });
  }

  for (const host of [':3978', 'bot:99999', 'bot bot', '[::1', '[bot]', '%zz', '<>']) {
    for (const target of ['/health', '/about', '/nothing']) {
      it(`survives the Host "${host}" for ${target}`, async () => {
        const answer = await sendRaw(bot.url, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
        assertTellsNothing(answer.body);
      });
    }
  }

  for (const [name, bytes] of [
    ['no HTTP', 'GARBAGE\r\n\r\n'],
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['a method of its own', 'FOO /health HTTP/1.1\r\nHost: bot\r\n\r\n'],
    ['an HTTP version of its own', 'GET /health HTTP/9.9\r\nHost: bot\r\n\r\n'],
    ['a negative length', 'POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Length: -5\r\n\r\n'],
    ['two lengths', 'POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'both a length and chunks',
      'POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a broken chunk', 'POST /api/messages HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['no host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['a space in the address', 'GET /hea lth HTTP/1.1\r\nHost: bot\r\n\r\n'],
    ['a null in a header', 'GET /health HTTP/1.1\r\nHost: b\0t\r\n\r\n'],
  ] as const) {
    it(`answers a request with ${name} with 400 and closes the connection`, async () => {
      const answer = await sendRaw(bot.url, bytes);
      assert.equal(answer.status, 400);
      assertTellsNothing(answer.body);
    });
  }

  for (const protocol of ['websocket', 'h2c']) {
    it(`answers an upgrade to ${protocol} and closes the connection, so that no socket stays open`, async () => {
      const head = `GET /health HTTP/1.1\r\nHost: bot\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\n`;
      const answer = await sendRaw(bot.url, head);
      assert.ok([200, 400, 426].includes(answer.status), String(answer.status));
    });
  }

  it('does not reveal its software', async () => {
    const answer = await rawRequest(bot.url, 'GET', '/health');
    assert.equal(answer.headers.has('server'), false);
    assert.equal(answer.headers.has('x-powered-by'), false);
  });

  it('still serves after all of these requests', async () => {
    assert.equal((await fetch(`${bot.url}/health`)).status, 200);
    assert.equal((await bot.says('are you there?')).status, 200);
    const [reply] = await bot.connector.whenMessages(1);
    assert.equal(reply?.body.text, 'Still here');
    assert.deepEqual(unseen, []);
    assert.deepEqual(
      bot.logs.filter(({ level }) => level === 'error' || level === 'fatal'),
      [],
    );
  });
});

describe('an internal error', () => {
  const lines: string[] = [];
  let server: HttpServer;
  let url: string;
  let receiveActivity: () => Promise<undefined>;

  before(async () => {
    server = createHttpServer({
      build: TEST_BUILD,
      receiveActivity: () => receiveActivity(),
      audioStore: emptyAudioStore({ find: async () => Promise.reject(new Error('no store at /srv/secret')) }),
      recordings: noRecordings,
      about: { recordRetentionMs: 1, audioRetentionMs: 1, database: undefined, azureStorageBlobUrl: undefined },
      clock: systemClock,
      isDraining: () => false,
      onlyLoopback: true,
      log: createLogger('info', { write: (line: string) => void lines.push(line) }),
    });
    url = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
  });

  after(async () => {
    await server.close();
    await server.close();
  });

  const activity = JSON.stringify({
    type: 'message',
    id: '1',
    channelId: 'emulator',
    serviceUrl: 'http://localhost',
    conversation: { id: 'c' },
    from: { id: 'u' },
  });

  for (const [name, fault] of [
    ['rejects with an error', () => Promise.reject(new Error('broken at /srv/secret/file.ts'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
    [
      'throws',
      () => {
        throw new TypeError('broken at /srv/secret/file.ts');
      },
    ],
  ] as const) {
    it(`that ${name} is answered 500 and logged, without details in the response`, async () => {
      receiveActivity = fault as () => Promise<undefined>;
      const before = lines.length;
      const response = await fetch(`${url}/api/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: activity,
      });
      assert.equal(response.status, 500);
      assertRefusal(await response.text(), 'internal');
      assert.match(lines.slice(before).join(), /request failed/);
    });
  }

  it('in the audio store is answered 500 without details', async () => {
    const response = await fetch(`${url}/audio/abcdefghijklmnopqrstuv.t00000.abcdefghijklmnopqrstuv.wav`);
    assert.equal(response.status, 500);
    assertRefusal(await response.text(), 'internal');
  });
});

describe('the listening socket', () => {
  it('rejects a port that is in use', { timeout: 5_000 }, async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const server = createHttpServer({
      build: TEST_BUILD,
      receiveActivity: async () => undefined,
      audioStore: emptyAudioStore(),
      recordings: noRecordings,
      about: { recordRetentionMs: 1, audioRetentionMs: 1, database: undefined, azureStorageBlobUrl: undefined },
      clock: systemClock,
      isDraining: () => false,
      onlyLoopback: true,
      log: createLogger('silent'),
    });
    await assert.rejects(server.listen(port, '127.0.0.1'), { code: 'EADDRINUSE' });
    await server.close();
  });
});
