import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TurnError } from '../../src/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { inTime } from './gathered.ts';
import { azureKey, Client } from './wire.ts';

const NOT_REALTIME = 'The realtime operation does not work with the specified model. Please choose different model.';

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string | Uint8Array;
  readonly headers?: readonly string[];
  /** The body never ends. */
  readonly isOpen?: boolean;
}

/** A server that refuses every handshake in this way. */
async function startRefusing(
  t: TestContext,
  { status, type = 'application/json', body, headers = [], isOpen }: Answer,
) {
  const server = createServer();
  const asked = Promise.withResolvers<void>();
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    const length = isOpen === true ? [] : [`content-length: ${Buffer.byteLength(body)}`];
    const lines = [`HTTP/1.1 ${status} Refused`, `content-type: ${type}`, ...length, ...headers];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(body, () => asked.resolve());
    if (isOpen !== true) socket.end();
    t.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise };
}

async function refusalBy(t: TestContext, answer: Answer): Promise<TurnError> {
  const { url } = await startRefusing(t, answer);
  const client = new Client({ endpoint: azureKey(url), clock: new ManualClock() });
  const error = await client.bare().then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TurnError);
  return error;
}

describe('a handshake that is rejected with 400', { timeout: 20_000 }, () => {
  it('is reported with code and message of its body', async (t) => {
    const body = JSON.stringify({ error: { code: 'OpperationNotSupported', message: NOT_REALTIME } });
    const { code, message } = await refusalBy(t, { status: 400, body });
    assert.equal(code, 'handshake_refused');
    assert.equal(message, `the service answered the handshake with 400 (OpperationNotSupported: ${NOT_REALTIME})`);
  });
});

describe('the body of a rejected handshake', { timeout: 20_000 }, () => {
  const wordsOf = async (t: TestContext, answer: Omit<Answer, 'status'>) => {
    const { message } = await refusalBy(t, { status: 502, ...answer });
    return message.replace('the service answered the handshake with 502', '').replace(/^ \((.*)\)$/, '$1');
  };

  it('is read in the formats of services, gateways and proxies', async (t) => {
    for (const [body, type, words] of [
      ['{"error":{"code":"DeploymentNotFound","message":"None."}}', 'application/json', 'DeploymentNotFound: None.'],
      ['{"statusCode":404,"message":"Resource not found"}', 'application/json', 'Resource not found'],
      ['{"error":"no upstream"}', 'application/json', 'no upstream'],
      ['{"error":{"code":"cut","mess', 'application/json', '{"error":{"code":"cut","mess'],
      ['{}', 'application/json', ''],
      ['null', 'application/json', ''],
      [
        '<!DOCTYPE html><html><head><title>Blocked\n by proxy</title><script>x</script>',
        'text/html',
        'Blocked by proxy',
      ],
      ['upstream connect error', 'text/plain', 'upstream connect error'],
      ['', 'text/plain', ''],
    ] as const) {
      assert.equal(await wordsOf(t, { body, type }), words);
    }
  });

  it('is logged without keys, tokens and control characters', async (t) => {
    const words = await wordsOf(t, {
      body: JSON.stringify({
        error: { message: 'my-key \u001b[31m sk-proj-1234****abcd eyJhbGciOi.eyJzdWIi.sig\u202e!\u0000' },
      }),
    });
    assert.equal(words, '*** [31m *** *** !');
  });

  it('is not read when compressed', async (t) => {
    const body = gzipSync('{"error":{"code":"secret"}}');
    assert.equal(await wordsOf(t, { body, headers: ['content-encoding: gzip'] }), '');
  });

  it('is read up to 2 kB and logged up to 400 characters', async (t) => {
    const words = await wordsOf(t, { body: 'word '.repeat(1_000_000), isOpen: true, type: 'text/plain' });
    assert.equal(words.length, 400);
  });

  it('is awaited for at most two seconds', async (t) => {
    const { url, asked } = await startRefusing(t, { status: 401, body: '{"error":', isOpen: true });
    const clock = new ManualClock();
    const opening = new Client({ endpoint: azureKey(url), clock }).bare().then(
      () => assert.fail('it was not refused'),
      (error: unknown) => error,
    );
    await asked;
    await clock.whenWaiting(2_000);
    await clock.advance(2_000);
    const error = await inTime(opening);
    assert.equal((error as TurnError).code, 'unauthorized');
    assert.deepEqual(clock.waiting, []);
  });
});
