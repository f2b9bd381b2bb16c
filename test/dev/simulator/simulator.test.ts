import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { startSimulator } from '../../../dev/simulator/simulator.ts';
import { toneVoice } from '../../../dev/simulator/voice.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Client, type Json, type Running, simulate } from './client.ts';

/** The HTTP status that a handshake is answered with, and its headers. */
async function refusal(simulator: Running, path: string, headers: Record<string, string> = { 'api-key': 'any' }) {
  const { socket } = Client.open(simulator.server.url, path, { headers });
  const [, response] = await once(socket, 'unexpected-response');
  const { error } = (await json(response)) as { error: { code: string; message: string } };
  socket.terminate();
  return { status: response.statusCode, headers: response.headers, error };
}

describe('the handshake', () => {
  for (const path of ['/openai/v1/realtime?model=gpt-realtime', '/v1/realtime?model=gpt-realtime']) {
    it(`opens a session at ${path}`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = Client.open(simulator.server.url, path);
      const { session } = (await client.next()) as { session: Json };
      assert.equal(session['model'], 'gpt-realtime');
    });
  }

  const cases: readonly [string, string, Record<string, string>, number][] = [
    ['another path', '/openai/realtime?model=m', { 'api-key': 'any' }, 404],
    ['no model', '/openai/v1/realtime', { 'api-key': 'any' }, 404],
    ['an empty model', '/openai/v1/realtime?model=', { 'api-key': 'any' }, 404],
    ['no credentials', '/openai/v1/realtime?model=m', {}, 401],
    ['an empty bearer token', '/openai/v1/realtime?model=m', { authorization: 'Bearer ' }, 401],
    ['another scheme', '/openai/v1/realtime?model=m', { authorization: 'Basic abc' }, 401],
    ['an api-version', '/openai/v1/realtime?api-version=2025-04-01-preview&model=m', { 'api-key': 'any' }, 401],
  ];
  for (const [what, path, headers, status] of cases) {
    it(`answers ${status} for ${what}`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      assert.equal((await refusal(simulator, path, headers)).status, status);
      assert.equal(simulator.server.openSessions, 0);
    });
  }

  it('accepts a bearer token or an API key', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    await simulator.connect(Client.PATH, { headers: { authorization: 'Bearer token' } });
    assert.equal(simulator.server.openSessions, 1);
  });

  const resource = { key: 'k', deployments: { simulator: 'realtime', whisper: 'other' } } as const;
  const refused: readonly [string, string, Record<string, string>, number, string, RegExp][] = [
    ['a wrong key', 'simulator', { 'api-key': 'x' }, 401, '401', /^Access denied due to invalid subscription key/],
    ['a wrong token', 'simulator', { authorization: 'Bearer x' }, 401, '401', /^Access denied/],
    ['an unknown deployment', 'nobody', { 'api-key': 'k' }, 404, 'DeploymentNotFound', /within the last 5 minutes/],
    ['the name of no deployment', 'constructor', { 'api-key': 'k' }, 404, 'DeploymentNotFound', /does not exist/],
    ['another kind of model', 'whisper', { 'api-key': 'k' }, 400, 'OpperationNotSupported', /realtime operation/],
  ];
  for (const [what, model, headers, status, code, message] of refused) {
    it(`rejects ${what} as the service does, if a resource is configured`, async (t) => {
      const simulator = await simulate([], { resource });
      t.after(() => simulator[Symbol.asyncDispose]());
      const answer = await refusal(simulator, `/openai/v1/realtime?model=${model}`, headers);
      assert.deepEqual([answer.status, answer.error.code], [status, code]);
      assert.match(answer.error.message, message);
    });
  }

  it('accepts the key and the deployments of its resource', async (t) => {
    const simulator = await simulate([], { resource });
    t.after(() => simulator[Symbol.asyncDispose]());
    for (const headers of [{ 'api-key': 'k' }, { authorization: 'Bearer k' }])
      await simulator.connect('/openai/v1/realtime?model=Simulator', { headers });
    assert.equal(simulator.server.openSessions, 2);
  });

  it('rejects the path of a Foundry project', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const path = '/api/projects/p/openai/v1/realtime?model=m';
    assert.equal(
      (await refusal(simulator, path)).error.message,
      'No such path; use /openai/v1/realtime or /v1/realtime.',
    );
  });

  it('rejects a request target that is no URL', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const socket = connect(simulator.server.port, '127.0.0.1');
    socket.end('GET //[ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [data] = await once(socket, 'data');
    assert.match(String(data), /^HTTP\/1\.1 404 /);
    await simulator.connect();
  });

  it('is rejected with the status and headers of the test', async (t) => {
    const seen: string[] = [];
    const simulator = await simulate([], {
      refuse: ({ path, headers }) => {
        seen.push(`${path} ${headers['api-key']}`);
        return { status: 429, headers: { 'Retry-After': '7' } };
      },
    });
    t.after(() => simulator[Symbol.asyncDispose]());
    const { status, headers } = await refusal(simulator, Client.PATH);
    assert.deepEqual([status, headers['retry-after']], [429, '7']);
    assert.deepEqual(seen, [`${Client.PATH} any`]);
  });

  it('hangs on request of a test until the simulator is closed', async () => {
    const asked = Promise.withResolvers<void>();
    const simulator = await simulate([], {
      refuse: () => {
        asked.resolve();
        return 'hang';
      },
    });
    const client = Client.open(simulator.server.url);
    await asked.promise;
    assert.equal(client.socket.readyState, WebSocket.CONNECTING);
    const closed = client.closed();
    await simulator.server.close();
    assert.equal((await closed).code, 1006);
  });

  it('answers a browser with what it is', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const response = await fetch(simulator.server.url);
    assert.equal(response.status, 426);
    assert.match(await response.text(), /simulator/);
  });
});

describe('the simulator', () => {
  it('listens on loopback only, at its `url`', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    assert.equal(simulator.server.url, `http://127.0.0.1:${simulator.server.port}`);
  });

  it('fails to start if its port is in use', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const second = startSimulator({ responder: () => assert.fail(), voice: toneVoice(), port: simulator.server.port });
    await assert.rejects(second, { code: 'EADDRINUSE' });
  });

  it('counts open sessions, and drops one when its client leaves', async (t) => {
    const left = Promise.withResolvers<void>();
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const first = await simulator.connect();
    await simulator.connect();
    assert.equal(simulator.server.openSessions, 2);
    first.socket.once('close', () => left.resolve());
    first.socket.close(1000);
    await left.promise;
    assert.equal(simulator.server.openSessions, 1);
  });

  it('breaks all sockets with dropAll, and accepts new ones', async (t) => {
    const simulator = await simulate(['hi']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const clients = [await simulator.connect(), await simulator.connect()];
    const closed = clients.map((client) => client.closed());
    simulator.server.dropAll();
    assert.deepEqual(
      (await Promise.all(closed)).map(({ code }) => code),
      [1006, 1006],
    );
    const again = await simulator.connect();
    assert.equal((await again.ask('hello')).at(-1)?.['type'], 'response.done');
  });

  it('can be closed twice, with clients connected', async () => {
    const simulator = await simulate([]);
    const client = await simulator.connect();
    const closed = client.closed();
    await Promise.all([simulator.server.close(), simulator.server.close()]);
    assert.equal((await closed).code, 1006);
    await assert.rejects(fetch(simulator.server.url));
  });

  it('leaves no timer behind if it is closed during a response', async () => {
    const clock = new ManualClock();
    const simulator = await simulate(['a rather long answer'], { clock, paceMs: 40 });
    const client = await simulator.connect();
    client.say('hi');
    client.send({ type: 'response.create' });
    await client.until('response.content_part.added');
    const closed = client.closed();
    await simulator.server.close();
    await closed;
    assert.equal(clock.waiting.length, 0);
  });

  it('reports every event of both sides as on the wire', async (t) => {
    const events: string[] = [];
    const simulator = await simulate(['hi'], {
      onEvent: (from, event, sessionId) => events.push(`${from} ${JSON.stringify(event)} ${sessionId}`),
    });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const { session } = JSON.parse(client.frames[0] ?? '') as { session: { id: string } };
    await client.ask('hello');
    const sent = events.filter((line) => line.startsWith('server'));
    assert.deepEqual(
      sent,
      client.frames.map((frame) => `server ${frame} ${session.id}`),
    );
    assert.deepEqual(
      events.filter((line) => line.startsWith('client')).map((line) => /"type":"([^"]+)"/.exec(line)?.[1]),
      ['conversation.item.create', 'response.create'],
    );
  });

  it('closes a socket with 1009 for a frame of more than 16 MiB', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    client.socket.send('x'.repeat(16 * 1024 * 1024 + 1));
    assert.equal((await closed).code, 1009);
    await simulator.connect();
  });
});

describe('the end of a session', () => {
  it('is announced in session.created, in seconds', async (t) => {
    const clock = new ManualClock();
    const simulator = await simulate([], { clock });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const { session } = JSON.parse(client.frames[0] ?? '') as { session: Json };
    assert.equal(session['expires_at'], clock.now() / 1000 + 1800);
  });

  it('is an error, then close 1001, also during a response', async (t) => {
    const clock = new ManualClock();
    const simulator = await simulate([{ outputs: [], ending: { kind: 'hang', afterDeltas: 0 } }], { clock });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('hi');
    client.send({ type: 'response.create' });
    await client.until('rate_limits.updated');
    const closed = client.closed();
    await clock.advance(1_800_000);
    assert.deepEqual(await client.error(), {
      type: 'invalid_request_error',
      code: 'session_expired',
      message: 'Your session hit the maximum duration of 30 minutes.',
      param: null,
      event_id: null,
    });
    assert.deepEqual(await closed, { code: 1001, reason: 'Your session hit the maximum duration of 30 minutes.' });
    assert.equal(client.types().at(-1), 'error');
  });
});
