import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { MAX_BODY_BYTES } from '../../src/http/json-body.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { assertRefusal, sendRaw } from './raw-request.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** A JSON object of exactly this many bytes. */
function objectOf(bytes: number): string {
  return `{"a":"${'x'.repeat(bytes - 8)}"}`;
}

describe('the body of a POST to /api/messages', () => {
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

  async function refuses(
    status: number,
    code: string,
    body: string | Buffer,
    headers: Record<string, string> = JSON_TYPE,
  ): Promise<void> {
    const response = await fetch(`${bot.url}/api/messages`, { method: 'POST', headers, body: body as string });
    assert.equal(response.status, status);
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    assertRefusal(await response.text(), code);
  }

  function rawPost(headers: readonly string[], body: string | Buffer, options?: { half: boolean }) {
    const head = ['POST /api/messages HTTP/1.1', 'Host: bot', 'Content-Type: application/json', ...headers, '', ''];
    return sendRaw(bot.url, Buffer.concat([Buffer.from(head.join('\r\n')), Buffer.from(body)]), options);
  }

  it('may have 1 MB', () => refuses(400, 'bad_request', objectOf(MAX_BODY_BYTES)));

  it('may not be a byte larger', () => refuses(413, 'too_large', objectOf(MAX_BODY_BYTES + 1)));

  it('is rejected by its Content-Length before it is sent', async () => {
    const answer = await rawPost(['Content-Length: 2000000'], '');
    assert.equal(answer.status, 413);
    assertRefusal(answer.body, 'too_large');
  });

  it('may not be larger without a Content-Length either', async () => {
    const body = objectOf(MAX_BODY_BYTES + 1);
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const answer = await rawPost(['Transfer-Encoding: chunked'], chunk);
    assert.equal(answer.status, 413);
    assertRefusal(answer.body, 'too_large');
  });

  it('is cut off if it never ends', async () => {
    const megabyte = `${(2 ** 20).toString(16)}\r\n${'x'.repeat(2 ** 20)}\r\n`;
    const answer = await rawPost(['Transfer-Encoding: chunked'], megabyte.repeat(8));
    assert.equal(answer.status, 413);
  });

  for (const [name, encoding, body] of [
    ['garbage that says gzip', 'gzip', Buffer.from('this is not gzip')],
    ['a gzip bomb', 'gzip', gzipSync(Buffer.alloc(20 * 2 ** 20))],
    ['good gzip', 'gzip', gzipSync('{}')],
    ['deflate', 'deflate', deflateSync('{}')],
    ['Brotli', 'br', brotliCompressSync('{}')],
    ['two encodings', 'identity, gzip', gzipSync('{}')],
  ] as const) {
    it(`is rejected as ${name}`, () =>
      refuses(415, 'unsupported_media_type', body, { ...JSON_TYPE, 'content-encoding': encoding }));
  }

  it('may declare the encoding identity', () =>
    refuses(400, 'bad_request', '{}', { ...JSON_TYPE, 'content-encoding': 'Identity' }));

  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonp',
    '',
  ]) {
    it(`is rejected with the content type "${type}"`, () =>
      refuses(415, 'unsupported_media_type', '{"type":"message"}', { 'content-type': type }));
  }

  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.activity+json']) {
    it(`is accepted with the content type "${type}"`, async () => {
      const response = await bot.post('{}', { 'content-type': type });
      assert.equal(response.status, 400);
    });
  }

  for (const [name, body] of [
    ['an empty body', ''],
    ['broken JSON', '{"type":"message"'],
    ['two objects', '{}{}'],
    ['an array', '[{"type":"message"}]'],
    ['null', 'null'],
    ['a string', '"message"'],
    ['a number', '1'],
    ['100,000 nested arrays', '['.repeat(100_000)],
    ['100,000 nested objects', '{"a":'.repeat(100_000)],
    ['100,000 nested arrays, closed again', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['an empty object', '{}'],
    ['an object of something else', '{"a":1}'],
    ['a string that hides its end', '{"a":"\\'],
  ] as const) {
    it(`is rejected as ${name}`, () => refuses(400, 'bad_request', body));
  }

  it('may contain any number of brackets in its text', async () => {
    const response = await bot.post(
      bot.message('say it', { id: 'brackets', value: `"${'[{'.repeat(5_000)}`, type: 'event' }),
    );
    assert.equal(response.status, 200);
  });

  it('may nest as deep as cards do, and is otherwise rejected even if everything else is valid', async () => {
    const statuses = [98, 99].map(async (depth) => {
      const value = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
      // The enclosing object is one more level, and the list in the field `value` another.
      const event = bot.message(undefined, { type: 'event', id: `deep-${depth}`, value: [value] });
      return (await bot.post(event)).status;
    });
    assert.deepEqual(await Promise.all(statuses), [200, 400]);
  });

  it('has to be an object, and the response says so', async () => {
    const response = await bot.post([bot.message('hello')]);
    assert.equal(response.status, 400);
    assert.match(await response.text(), /JSON object/);
  });

  it('is never quoted in the response', async () => {
    const response = await bot.post('{"secret words": nonsense');
    assert.doesNotMatch(await response.text(), /secret|nonsense/);
  });

  it('may break off half-way', async () => {
    const answer = await rawPost(['Content-Length: 500'], '{"type":"mess', { half: true });
    assert.ok(answer.status === 0 || answer.status === 400, String(answer.status));
  });

  it('may break off with a connection reset', async () => {
    const socket = connect(Number(new URL(bot.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const head =
      'POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n';
    await new Promise<void>((resolve) => socket.write(`${head}{"type":"mess`, () => resolve()));
    const closed = once(socket, 'close');
    socket.resetAndDestroy();
    await closed;
  });

  it('does not harm the bot, whatever it contains', async () => {
    const health = await fetch(`${bot.url}/health`);
    assert.equal(health.status, 200);
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

describe('a rejected activity on the wire', () => {
  it('is answered 400 or 403, and causes no outgoing request', async (t) => {
    const bot = await startBot({ turns: ['Only this'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const { port } = new URL(bot.connector.url);

    const broken = await bot.post(bot.message('hello', { from: {} }));
    assert.equal(broken.status, 400);
    assertRefusal(await broken.text(), 'bad_request');
    // Reaches the fake channel if it is called, but does not look like this machine.
    const foreign = await bot.post(bot.message('hello', { serviceUrl: `http://0.0.0.0:${port}` }));
    assert.equal(foreign.status, 403);
    assertRefusal(await foreign.text(), 'forbidden');

    await bot.says('a good one');
    await bot.connector.whenMessages(1);
    assert.deepEqual(
      bot.connector.messages.map(({ body }) => body.text),
      ['Only this'],
    );
    assert.equal(bot.script.contexts.length, 1);
  });

  it('is never lost after 202: wrong types inside it cause a rejection or an answer', async (t) => {
    const watched = watchedLog();
    const responder = () => ({ outputs: [{ text: 'Hi' }], ending: { kind: 'completed' } as const });
    const bot = await startBot({ simulator: { responder }, deps: { log: watched.log } });
    t.after(() => bot[Symbol.asyncDispose]());
    const odd = [
      { from: { id: 'user-1', name: 5 } },
      { recipient: { id: 'bot-1', name: {} } },
      { conversation: { id: 'conversation-1', isGroup: 'yes' } },
      { conversation: { id: 'conversation-1', tenantId: 5 } },
      { from: { id: 'user-1', aadObjectId: 5 } },
      { attachments: [{ contentType: 5 }] },
      { timestamp: 'yesterday' },
      { from: { id: 'user-1', name: null, aadObjectId: null } },
      { conversation: { id: 'conversation-1', isGroup: null, tenantId: null, name: null } },
      { recipient: null },
    ];
    const results: [string, string][] = [];
    for (const [index, fields] of odd.entries()) {
      const { status } = await bot.says('hello', { id: `odd-${index}`, ...fields });
      if (status === 400) continue;
      assert.equal(status, 200);
      const isReply = ({ path, body }: ConnectorCall) => path.endsWith(`odd-${index}`) && body.type === 'message';
      const sent = bot.connector.when(isReply).then(() => 'answered');
      const lost = watched
        .when(({ activity, msg }) => activity === `odd-${index}` && msg === 'reply not sent')
        .then(({ err }) => `lost: ${(err as { message: string }).message}`);
      results.push([JSON.stringify(fields), await Promise.race([sent, lost])]);
    }
    assert.deepEqual(
      results.filter(([, end]) => end !== 'answered'),
      [],
    );
  });
});
