import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, it } from 'node:test';
import { SEND_TIMEOUT_MS } from '../../src/channel/send-policy.ts';
import type { ConnectorRule } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startAdapter } from './adapter-under-test.ts';

const HI = { type: 'message', text: 'Hi' };
const NOW_MS = 1_800_000_000_000;
const REFUSAL = { error: { code: 'Refused', message: 'not now' } };

/** Sends the given responses in turn, then accepts everything. */
function first(...answers: { status: number; headers?: Record<string, string> }[]): ConnectorRule {
  return () => {
    const answer = answers.shift();
    return answer && { body: REFUSAL, ...answer };
  };
}

const always =
  (status: number): ConnectorRule =>
  () => ({ status, body: REFUSAL });

describe('a message that the channel does not accept', () => {
  for (const status of [412, 429, 502, 503, 504]) {
    it(`is sent again after ${status}, at most three times, with a growing delay`, async (t) => {
      const clock = new ManualClock();
      const sending = await startAdapter({ clock });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = always(status);
      const sent = assert.rejects(sending.send(HI), { statusCode: status });
      for (const waitMs of [400, 800, 1_600]) {
        await clock.whenWaiting(waitMs);
        await clock.advance(waitMs);
      }
      await sent;
      assert.equal(sending.connector.calls.length, 4);
    });

    it(`arrives once if it is accepted after ${status}`, async (t) => {
      const clock = new ManualClock();
      const sending = await startAdapter({ clock });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = first({ status });
      const sent = sending.send(HI);
      await clock.whenWaiting(400);
      await clock.advance(400);
      assert.deepEqual(await sent, { id: 'sent-1' });
      assert.equal(sending.connector.messages.length, 1);
      assert.deepEqual(sending.connector.calls[1]?.body, sending.connector.calls[0]?.body);
    });
  }

  for (const status of [400, 401, 403, 404, 405, 409, 413, 500, 501]) {
    it(`is not sent again after ${status}`, async (t) => {
      const sending = await startAdapter({ clock: new ManualClock() });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = always(status);
      await assert.rejects(sending.send(HI), { statusCode: status });
      assert.equal(sending.connector.calls.length, 1);
    });
  }

  const afterwards: [string, string, (ms: number) => boolean][] = [
    ['seconds', '7', (ms) => ms === 7_150],
    ['parts of a second', '1.5', (ms) => ms === 1_650],
    ['a shorter time than the back-off', '0', (ms) => ms === 400],
    ['a date', new Date(NOW_MS + 20_000).toUTCString(), (ms) => ms === 20_150],
    ['a date that is over', new Date(0).toUTCString(), (ms) => ms === 400],
    ['nonsense', 'soon', (ms) => ms === 400],
    ['a negative time', '-5', (ms) => ms === 400],
  ];
  for (const [name, retryAfter, fits] of afterwards) {
    it(`waits as long as a 429 asks for with ${name}`, async (t) => {
      const clock = new ManualClock(NOW_MS);
      const sending = await startAdapter({ clock });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = first({ status: 429, headers: { 'retry-after': retryAfter } });
      const sent = sending.send(HI);
      const again = await sending.watched.when(({ msg }) => msg === 'send retried');
      assert.ok(fits(Number(again['waitMs'])), String(again['waitMs']));
      await clock.advance(20_150);
      await sent;
      assert.equal(sending.connector.messages.length, 1);
    });
  }

  it('is given up at once if the channel asks for more time than is left', async (t) => {
    const sending = await startAdapter({ clock: new ManualClock(), turnTimeoutMs: 60_000 });
    t.after(() => sending[Symbol.asyncDispose]());
    sending.connector.rule = first({ status: 429, headers: { 'retry-after': '61' } });
    await assert.rejects(sending.send(HI), { statusCode: 429 });
    assert.equal(sending.connector.calls.length, 1);
  });

  it('is given up at its deadline', async (t) => {
    const clock = new ManualClock();
    const sending = await startAdapter({ clock, turnTimeoutMs: 1_000 });
    t.after(() => sending[Symbol.asyncDispose]());
    sending.connector.rule = always(503);
    const sent = assert.rejects(sending.send(HI), { statusCode: 503 });
    await clock.whenWaiting(400);
    await clock.advance(400);
    await sent;
    assert.equal(sending.connector.calls.length, 2);
  });

  it('is sent again even if it is ready at the very end of its turn', async (t) => {
    const clock = new ManualClock();
    const sending = await startAdapter({ clock, turnTimeoutMs: 10_000 });
    t.after(() => sending[Symbol.asyncDispose]());
    await sending.send({ type: 'typing' });
    await clock.advance(10_000);
    sending.connector.rule = first({ status: 429, headers: { 'retry-after': '6' } });
    const sent = sending.send(HI);
    await clock.whenWaiting(6_150);
    await clock.advance(6_150);
    assert.ok(await sent);
  });

  for (const chars of [0, 49_999]) {
    it(`is not sent again if it shows typing or a part of a stream, with ${chars} characters`, async (t) => {
      const sending = await startAdapter({ clock: new ManualClock() });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = always(503);
      await assert.rejects(sending.send({ type: 'typing', text: 'x'.repeat(chars) }), { statusCode: 503 });
      assert.equal(sending.connector.calls.length, 1);
    });
  }

  it('is logged without its text', async (t) => {
    const clock = new ManualClock();
    const sending = await startAdapter({ clock });
    t.after(() => sending[Symbol.asyncDispose]());
    sending.connector.rule = first({ status: 503 });
    const sent = sending.send({ ...HI, text: 'secret words' });
    const line = await sending.watched.when(({ msg }) => msg === 'send retried');
    assert.equal(line['status'], 503);
    await clock.advance(400);
    await sent;
    assert.doesNotMatch(JSON.stringify(sending.watched.lines), /secret/);
  });
});

describe('a channel that cannot be reached', () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    it(`is tried again and gets the message once it is up (${host})`, async (t) => {
      const clock = new ManualClock();
      const sending = await startAdapter({ clock });
      t.after(() => sending[Symbol.asyncDispose]());
      const place = createTcpServer().listen(0, host);
      await once(place, 'listening');
      const { port, address } = place.address() as { port: number; address: string };
      place.close();
      await once(place, 'close');

      const sent = sending.send(HI, `http://${host}:${port}`);
      await clock.whenWaiting(400);
      let posts = 0;
      const channel = createServer((request, response) => {
        posts += 1;
        request.resume();
        response.setHeader('content-type', 'application/json');
        response.end('{"id":"late"}');
      }).listen(port, address);
      await once(channel, 'listening');
      await clock.advance(400);
      assert.deepEqual(await sent, { id: 'late' });
      assert.equal(posts, 1);
      channel.closeAllConnections();
      channel.close();
    });
  }
});

describe('a channel that may have accepted the message', () => {
  const ends: Record<string, ConnectorRule> = {
    'resets the connection instead of an answer': (_, response) => {
      response.socket?.resetAndDestroy();
      return 'handled';
    },
    'closes the connection instead of an answer': (_, response) => {
      response.socket?.destroy();
      return 'handled';
    },
    'breaks off in the middle of its answer': (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":', () => response.socket?.resetAndDestroy());
      return 'handled';
    },
    'answers with what is not HTTP': (_, response) => {
      response.socket?.end('nonsense\r\n\r\n');
      return 'handled';
    },
    'answers with what is not JSON': (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{nonsense');
      return 'handled';
    },
  };
  for (const [name, rule] of Object.entries(ends)) {
    it(`gets it only once if it ${name}`, async (t) => {
      const clock = new ManualClock();
      const sending = await startAdapter({ clock });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = rule;
      await assert.rejects(sending.send(HI));
      assert.equal(sending.connector.calls.length, 1);
      assert.deepEqual(clock.waiting, []);
    });
  }

  const silences: Record<string, ConnectorRule> = {
    'never answers': () => 'handled',
    'never ends its answer': (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":');
      return 'handled';
    },
  };
  for (const [name, rule] of Object.entries(silences)) {
    it(`is given up after 15 seconds if it ${name}, and gets the message only once`, async (t) => {
      const sending = await startAdapter({ clock: new ManualClock() });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = rule;
      // The timeout of one attempt is the HTTP client's own; it takes no clock.
      t.mock.timers.enable({ apis: ['setTimeout'] });
      let isGivenUp = false;
      const sent = assert.rejects(sending.send(HI)).then(() => {
        isGivenUp = true;
      });
      await sending.connector.when(() => true);
      assert.equal(SEND_TIMEOUT_MS, 15_000);
      t.mock.timers.tick(SEND_TIMEOUT_MS - 1);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(isGivenUp, false);
      t.mock.timers.tick(1);
      await sent;
      assert.equal(sending.connector.calls.length, 1);
    });
  }
});

describe('a channel that accepts the message', () => {
  const answers: Record<string, { status: number; body?: unknown }> = {
    '202 without an id': { status: 202, body: {} },
    '200 with {}': { status: 200, body: {} },
    '201 with more than an id': { status: 201, body: { id: 'a', activityId: 'b' } },
    '200 with null': { status: 200, body: null },
  };
  for (const [name, answer] of Object.entries(answers)) {
    it(`may answer ${name}`, async (t) => {
      const sending = await startAdapter({ clock: new ManualClock() });
      t.after(() => sending[Symbol.asyncDispose]());
      sending.connector.rule = () => answer;
      await sending.send(HI);
      assert.equal(sending.connector.calls.length, 1);
    });
  }
});
