import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import type { Env } from '../../src/config/env.ts';
import { en } from '../../src/messages/en.ts';
import { type LogLine, startBotProcess } from '../support/bot-process.ts';
import { startFakeConnector } from '../support/fake-connector.ts';

const ending = { kind: 'completed' } as const;

/** A bot process whose first turn is held, with everything around it, until the end of the test. */
async function heldProcess(t: TestContext, env: Env = {}) {
  const closers: (() => PromiseLike<unknown>)[] = [];
  t.after(async () => {
    for (const close of closers.reverse()) await close();
  });
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const held = () => {
    asked.resolve();
    return { outputs: [{ text: 'At last' }], ending, gate: gate.promise };
  };
  const connector = await startFakeConnector();
  closers.push(() => connector.close());
  const simulator = await startSimulator({ responder: scripted([held]).responder, voice: toneVoice(), paceMs: 0 });
  closers.push(() => simulator.close());
  const bot = startBotProcess({
    AZURE_OPENAI_ENDPOINT: simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'test-key',
    PORT: '0',
    ...env,
  });
  closers.push(() => bot[Symbol.asyncDispose]());
  const url = await bot.whenListening();
  const says = (id: string) =>
    fetch(`${url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'message',
        id,
        channelId: 'emulator',
        serviceUrl: connector.url,
        conversation: { id: 'conversation-1' },
        from: { id: 'user-1' },
        recipient: { id: 'bot-1' },
        text: 'hello',
      }),
    });
  assert.equal((await says('running')).status, 200);
  await asked.promise;
  return { bot, url, connector, says, release: gate.resolve };
}

function codeOf({ err }: LogLine): unknown {
  return (err as { code?: unknown } | undefined)?.code;
}

/** A connection with an upgrade request that stays open: shutdown must not wait for it. */
async function asksForUpgrade(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write('GET /api/messages HTTP/1.1\r\nHost: bot\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  // The response to a second request shows that the first one was handled.
  await fetch(`${url}/health`);
  return socket;
}

describe('a bot process on SIGTERM', { concurrency: 2 }, () => {
  it('completes the running turn, tells queued users, rejects new messages, and exits with code 0', {
    timeout: 30_000,
  }, async (t) => {
    const { bot, url, connector, says, release } = await heldProcess(t);
    assert.equal((await says('waiting')).status, 200);
    const upgrading = await asksForUpgrade(url);
    t.after(() => upgrading.destroy());

    // A process group gets a signal, and the launcher forwards it: two within a second count as one. The test sends two
    // different ones, since the kernel merges two equal signals.
    bot.signal('SIGTERM');
    bot.signal('SIGINT');
    await bot.whenLogged(({ msg }) => msg === 'drain started');
    assert.equal((await fetch(`${url}/health`)).status, 503);
    assert.equal((await says('late')).status, 503);
    const waiting = await connector.when(({ path, body }) => path.endsWith('/waiting') && body.type === 'message');
    assert.equal(waiting.body.text, en.apologies.restarting);
    release();
    const running = await connector.when(({ path, body }) => path.endsWith('/running') && body.type === 'message');
    assert.equal(running.body.text, 'At last');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });
    assert.equal(connector.messages.length, 2);
    assert.equal(bot.stderr, '');
  });

  it('exits at once on another signal a second or more after the first', { timeout: 30_000 }, async (t) => {
    const { bot } = await heldProcess(t);
    bot.signal('SIGTERM');
    await bot.whenLogged(({ msg }) => msg === 'drain started');
    // The answer that it would wait for is never given.
    const repeated = setInterval(() => bot.signal('SIGTERM'), 100);
    assert.deepEqual(await bot.ended, { code: 1, signal: null });
    clearInterval(repeated);
    assert.match(bot.stdout, /process ended: second signal/);
  });

  for (const [fault, code] of [
    ['uncaught exception', 'throw fault()'],
    ['unhandled rejection', 'Promise.reject(fault())'],
  ] as const) {
    it(`after an ${fault}, drains and exits with code 1; later faults and one SIGTERM do not interrupt the drain`, {
      timeout: 30_000,
    }, async (t) => {
      const preload = `let count = 0;
        const fault = () => Object.assign(new Error(process.env.MARKER), { code: 'FAULT_' + ++count });
        process.on('SIGUSR2', () => { ${code} });
        // After the bot's own handler.
        process.on('SIGTERM', () => setImmediate(() => { throw Object.assign(new Error(), { code: 'TOLD' }) }))`;
      const { bot, connector, release } = await heldProcess(t, {
        MARKER: 'a-marker',
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
      });
      const repeated = setInterval(() => bot.signal('SIGUSR2'), 250);
      t.after(() => clearInterval(repeated));
      const timeOf = ({ time }: LogLine) => Date.parse(String(time));
      const draining = await bot.whenLogged(({ msg }) => msg === 'drain started');
      const isFault = (line: LogLine) => String(codeOf(line)).startsWith('FAULT_');
      await bot.whenLogged((line) => isFault(line) && timeOf(line) - timeOf(draining) > 1_000);
      clearInterval(repeated);
      bot.signal('SIGTERM');
      await bot.whenLogged((line) => codeOf(line) === 'TOLD');
      release();
      assert.deepEqual(await bot.ended, { code: 1, signal: null });
      assert.equal(connector.messages[0]?.body.text, 'At last');
      assert.doesNotMatch(bot.stdout, /second signal/);
      const failures = bot.stdout.split('\n').filter((line) => /"code":"FAULT_/.test(line));
      assert.ok(failures.length > 1);
      for (const line of failures)
        assert.match(line, /"level":"fatal".*"type":"Error","code":"FAULT_\d+","stack":" {4}at /);
      for (const line of failures) assert.ok(line.includes(`"msg":"${fault}"`), line);
      assert.doesNotMatch(bot.stdout + bot.stderr, /a-marker/);
    });
  }

  it('does not depend on a reader of its log', { timeout: 30_000 }, async (t) => {
    const { bot, url, release } = await heldProcess(t);
    bot.closeOutput();
    assert.equal((await fetch(`${url}/health`)).status, 200);
    bot.signal('SIGTERM');
    release();
    assert.deepEqual(await bot.ended, { code: 0, signal: null });
  });
});
