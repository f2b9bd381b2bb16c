import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ManualClock } from '../support/manual-clock.ts';
import { connected, context, http, opened, startHttp, stdio, toolOf } from './mcp-under-test.ts';
import { answerWith } from './scripted-http.ts';

const PROGRAM = fileURLToPath(new URL('./scripted-stdio.ts', import.meta.url));
const LIMITED = { timeoutMs: 1_000 };

/** The scripted server over either transport. */
const TRANSPORTS = [
  ['stdio', async () => stdio(PROGRAM)],
  ['HTTP', async (t: TestContext) => http((await startHttp(t)).url)],
] as const;

const GARBAGE = { stdio: 'tool_timeout', HTTP: 'outcome_unknown' } as const;

for (const [name, start] of TRANSPORTS) {
  describe(`an MCP server over ${name}`, { timeout: 120_000 }, () => {
    it('reconnects if it breaks off during a call, whose outcome is unknown', async (t) => {
      const server = await connected(t, await start(t));
      await assert.rejects(toolOf(server, 'exit').run({}, context()), { code: 'outcome_unknown' });
      await server.connect();
      assert.match((await toolOf(server, 'echo').run({ text: 'hi' }, context())).text, /^echo: .*hi/);
    });

    it('fails only the call in which it hangs', async (t) => {
      const server = await connected(t, await start(t), LIMITED);
      await assert.rejects(toolOf(server, 'hang').run({}, context()), { code: 'tool_timeout' });
      assert.match((await toolOf(server, 'echo').run({}, context())).text, /^echo/);
    });

    it('fails a call with a result above 10 MB, and reconnects', async (t) => {
      // Under load 10 MB take seconds.
      const server = await connected(t, await start(t), { timeoutMs: 50_000 });
      await assert.rejects(toolOf(server, 'huge').run({}, context()), { code: 'outcome_unknown' });
      await server.connect();
      assert.match((await toolOf(server, 'echo').run({}, context())).text, /^echo/);
    });

    it('fails only the call that it answers with a malformed message', async (t) => {
      const server = await connected(t, await start(t), LIMITED);
      // Over stdio no answer comes, since the line is skipped.
      await assert.rejects(toolOf(server, 'garbage').run({}, context()), { code: GARBAGE[name] });
      assert.match((await toolOf(server, 'echo').run({}, context())).text, /^echo/);
    });

    it('leaves the outcome of a call with a malformed result unknown', async (t) => {
      const server = await connected(t, await start(t));
      await assert.rejects(toolOf(server, 'no_content').run({}, context()), { code: 'outcome_unknown' });
      assert.equal(server.status.kind, 'connected');
    });

    it('returns the text of a result that does not match its schema', async (t) => {
      const server = await connected(t, await start(t));
      assert.equal((await toolOf(server, 'breaks_schema').run({}, context())).text, 'warm');
      assert.match((await toolOf(server, 'bad_output_schema').run({}, context())).text, /^echo/);
    });

    it('passes its own error message to the model', async (t) => {
      const server = await connected(t, await start(t));
      const failure = { code: 'tool_failed', message: 'There is no such order.' };
      await assert.rejects(toolOf(server, 'fails').run({}, context()), failure);
    });

    it('loses only tools that can only run as a task, are malformed or have a schema that the service rejects', async (t) => {
      const server = await connected(t, await start(t));
      const names = server.tools.map((tool) => tool.name);
      for (const kept of ['srv__echo', 'srv__no_schema']) assert.ok(names.includes(kept), kept);
      for (const lost of ['task_only', 'bad_schema', 'no_object', '4711'])
        assert.ok(!names.includes(`srv__${lost}`), lost);
    });

    it('gets the id of the user only if its entry allows it', async (t) => {
      const meta = async (passUser: boolean, userId: string | undefined) => {
        const server = await connected(t, await start(t), { passUser });
        return JSON.parse((await toolOf(server, 'meta').run({}, { ...context(), userId })).text)?.[USER];
      };
      assert.equal(await meta(true, 'ada'), 'ada');
      assert.equal(await meta(true, undefined), undefined);
      assert.equal(await meta(false, 'ada'), undefined);
    });
  });
}

const USER = 'realtime-voice-bot/user';

describe('a changed list of tools', () => {
  it('applies from the next turn, and tools of the old list can still be called', async (t) => {
    const server = await connected(t, stdio(PROGRAM));
    const before = server.tools;
    const echo = toolOf(server, 'echo');
    await toolOf(server, 'adds_tool').run({}, context());
    // The list is asked for after the notification.
    while (server.tools === before) await new Promise(setImmediate);
    assert.deepEqual(
      server.tools.map(({ name }) => name).filter((name) => !before.some((tool) => tool.name === name)),
      ['srv__added'],
    );
    assert.match((await echo.run({}, context())).text, /^echo/);
  });
});

describe('a list of tools with a schema that is nested too deeply', () => {
  it('loses only that tool', async (t) => {
    const scripted = await startHttp(t);
    const deep = `{"type":"object","properties":{"a":${'{"x":'.repeat(20_000)}1${'}'.repeat(20_000)}}}`;
    const listed = `[{"name":"deep","inputSchema":${deep}},{"name":"echo","inputSchema":{"type":"object"}}]`;
    scripted.intercept = ({ rpc, id }, response) => {
      if (rpc !== 'tools/list') return false;
      response.setHeader('content-type', 'application/json');
      response.end(`{"jsonrpc":"2.0","id":${id},"result":{"tools":${listed}}}`);
      return true;
    };
    const server = await connected(t, http(scripted.url));
    assert.deepEqual(
      server.tools.map(({ name }) => name),
      ['srv__echo'],
    );
  });
});

describe('a list of tools', () => {
  it('leads to a warning if it lacks names of the entry', async (t) => {
    const server = await connected(t, stdio(PROGRAM), { allow: ['echo', 'ecko'], readOnly: ['meta', 'ecko', 'beta'] });
    assert.deepEqual(server.status, { kind: 'connected', unknownNames: ['ecko', 'beta'] });
  });

  it('is asked for again once if the program ends before it gives one', async (t) => {
    const clock = new ManualClock();
    const server = opened(t, stdio(PROGRAM, 'mute'), {}, clock);
    await server.connect();
    assert.equal(server.status.kind, 'down');
    assert.deepEqual(clock.waiting, [500]);
    await clock.advance(500);
    await server.connect();
    assert.deepEqual(clock.waiting, [1_000]);
  });

  it('is given up after 10 seconds if its pages never end', async (t) => {
    const scripted = await startHttp(t);
    const clock = new ManualClock();
    scripted.intercept = ({ rpc, id }, response) => {
      if (rpc !== 'tools/list') return false;
      response.setHeader('content-type', 'application/json');
      const page = `{"jsonrpc":"2.0","id":${id},"result":{"tools":[],"nextCursor":"more"}}`;
      void clock.advance(4_000).then(() => response.end(page));
      return true;
    };
    const server = opened(t, http(scripted.url), {}, clock);
    await server.connect();
    assert.deepEqual(server.status, { kind: 'down', reason: 'REQUEST_TIMEOUT' });
    assert.equal(scripted.requests.filter(({ rpc }) => rpc === 'tools/list').length, 3);
  });
});

describe('an MCP server that does not end the handshake', () => {
  it('is down after 10 seconds, and connected again when it does', async (t) => {
    const scripted = await startHttp(t);
    const clock = new ManualClock();
    const isHeld = Promise.withResolvers<ServerResponse>();
    scripted.intercept = ({ rpc }, response) => {
      if (rpc !== 'notifications/initialized') return false;
      isHeld.resolve(response);
      return true;
    };
    const server = opened(t, http(scripted.url), {}, clock);
    const isTried = server.connect();
    const response = await isHeld.promise;
    await clock.advance(10_000);
    await isTried;
    assert.deepEqual(server.status, { kind: 'down', reason: 'REQUEST_TIMEOUT' });
    // The answer comes too late.
    answerWith(response, 202);
    scripted.intercept = () => false;
    await clock.advance(500);
    await server.connect();
    assert.equal(server.status.kind, 'connected');
    assert.match((await toolOf(server, 'echo').run({}, context())).text, /^echo/);
  });
});
