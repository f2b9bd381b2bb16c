import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { ToolError } from '../../src/tools/tool-error.ts';
import { connected, context, http, opened, startHttp, toolOf } from './mcp-under-test.ts';
import { answerWith, type ScriptedHttp } from './scripted-http.ts';

/** Answers as a server of revision 2026-07-28. */
function currentServer(resultOfCall: object): ScriptedHttp['intercept'] {
  return ({ rpc, id }, response) => {
    const results: Readonly<Record<string, object>> = {
      'server/discover': { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
      'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
      'tools/call': resultOfCall,
    };
    const result = { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...results[rpc ?? ''] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    return true;
  };
}

/** The result of a call that the client has to continue. */
const BEGUN = { resultType: 'input_required', requestState: 'begun' };

describe('an MCP server over HTTP that has begun a call', () => {
  for (const status of [400, 401, 404]) {
    it(`does not get it again after it answers the rest with ${status}`, async (t) => {
      const scripted = await startHttp(t);
      const answer = currentServer(BEGUN);
      const calls = () => scripted.requests.filter(({ rpc }) => rpc === 'tools/call').length;
      scripted.intercept = (request, response) => {
        if (request.rpc !== 'tools/call' || calls() === 1) return answer(request, response);
        answerWith(response, status);
        return true;
      };
      const server = await connected(t, http(scripted.url));
      await assert.rejects(toolOf(server, 'echo').run({}, context()), { code: 'outcome_unknown' });
      assert.equal(calls(), 2, 'the call and its rest');
    });
  }
});

describe('an MCP server over HTTP that has lost the session', () => {
  for (const status of [400, 404]) {
    it(`is reconnected after ${status}, and the call runs once`, async (t) => {
      const scripted = await startHttp(t);
      const server = await connected(t, http(scripted.url));
      scripted.loseSessions(status);
      const calls = () => scripted.requests.filter(({ rpc }) => rpc === 'tools/call');
      assert.match((await toolOf(server, 'echo').run({}, context())).text, /^echo/);
      assert.equal(calls().length, 2);
      const [first, second] = calls().map(({ headers }) => headers['mcp-session-id']);
      assert.notEqual(first, second);
      assert.equal(server.status.kind, 'connected');
    });
  }

  it('is reconnected once for two concurrent calls that both lost the session', async (t) => {
    const scripted = await startHttp(t);
    const server = await connected(t, http(scripted.url));
    const echo = toolOf(server, 'echo');
    scripted.loseSessions(400);
    const held = Promise.withResolvers<ServerResponse>();
    let count = 0;
    scripted.intercept = ({ rpc }, response) => {
      if (rpc !== 'tools/call' || ++count !== 1) return false;
      held.resolve(response);
      return true;
    };
    const first = echo.run({}, context());
    const response = await held.promise;
    assert.match((await echo.run({}, context())).text, /^echo/);
    answerWith(response, 400);
    assert.match((await first).text, /^echo/);
  });

  it('does not get a third request if it answers the same again', async (t) => {
    const scripted = await startHttp(t);
    const server = await connected(t, http(scripted.url));
    scripted.intercept = ({ rpc }, response) => {
      if (rpc !== 'tools/call') return false;
      answerWith(response, 404);
      return true;
    };
    await assert.rejects(toolOf(server, 'echo').run({}, context()), { code: 'tool_unavailable' });
    assert.equal(scripted.requests.filter(({ rpc }) => rpc === 'tools/call').length, 2);
  });
});

describe('a sessionless MCP server that is replaced by one with sessions', () => {
  const current = currentServer({ content: [{ type: 'text', text: 'from the new server' }] });

  /** Refuses requests without a session, as the servers of the official SDK do. */
  const olderWith =
    (idOf: (id: unknown) => unknown): ScriptedHttp['intercept'] =>
    ({ method, rpc, id, headers }, response) => {
      if (method !== 'POST' || rpc === 'initialize' || headers['mcp-session-id'] !== undefined) return false;
      const error = { code: -32_000, message: 'Bad Request: Server not initialized' };
      response.setHeader('content-type', 'application/json');
      answerWith(response, 400, JSON.stringify({ jsonrpc: '2.0', id: idOf(id), error }));
      return true;
    };

  for (const [what, idOf, readOnly, outcome] of [
    ['without an id, so that the call has not begun', () => null, [], 'done'],
    ['with the id of a read-only call', (id: unknown) => id, ['echo'], 'done'],
    ['with the id of any other call, which is not repeated', (id: unknown) => id, [], 'outcome_unknown'],
  ] as const)
    it(`is reconnected after an error ${what}`, async (t) => {
      const scripted = await startHttp(t);
      scripted.intercept = current;
      const server = await connected(t, http(scripted.url), { readOnly });
      const echo = () => toolOf(server, 'echo').run({}, context());
      assert.equal((await echo()).text, 'from the new server');
      scripted.intercept = olderWith(idOf);
      if (outcome === 'done') assert.match((await echo()).text, /^echo/);
      else await assert.rejects(echo(), { code: outcome });
      await server.connect();
      assert.match((await echo()).text, /^echo/);
    });

  it('is not reconnected after an error that concerns only the call', async (t) => {
    const scripted = await startHttp(t);
    scripted.intercept = current;
    const server = await connected(t, http(scripted.url));
    scripted.intercept = (request, response) =>
      request.rpc === 'tools/call' ? olderWith((id) => id)(request, response) : current(request, response);
    await assert.rejects(toolOf(server, 'echo').run({}, context()), { code: 'tool_failed' });
    assert.equal(server.status.kind, 'connected');
    assert.equal(scripted.requests.filter(({ rpc }) => rpc === 'tools/call').length, 1);
  });
});

describe('a call without a result of an MCP server over HTTP', () => {
  for (const [what, readOnly, count] of [
    ['is never repeated if it is not read-only', [], 1],
    ['is repeated once if it is read-only', ['exit'], 2],
  ] as const) {
    it(what, async (t) => {
      const scripted = await startHttp(t);
      const server = await connected(t, http(scripted.url), { readOnly });
      await assert.rejects(toolOf(server, 'exit').run({}, context()), { code: 'outcome_unknown' });
      assert.equal(scripted.requests.filter(({ rpc }) => rpc === 'tools/call').length, count);
    });
  }

  for (const [status, code] of [
    [400, 'tool_failed'],
    [401, 'tool_unavailable'],
    [403, 'tool_unavailable'],
    [429, 'tool_failed'],
    [500, 'outcome_unknown'],
    [504, 'outcome_unknown'],
  ] as const) {
    it(`is not repeated after ${status}, and ends as ${code}`, async (t) => {
      const scripted = await startHttp(t);
      const server = await connected(t, http(scripted.url));
      const calls = () => scripted.requests.filter(({ rpc }) => rpc === 'tools/call').length;
      scripted.intercept = ({ rpc }, response) => {
        if (rpc !== 'tools/call') return false;
        answerWith(response, status, 'a secret of the server');
        return true;
      };
      await assert.rejects(toolOf(server, 'echo').run({}, context()), (failure: ToolError) => {
        assert.equal(failure.code, code);
        assert.doesNotMatch(failure.message, /secret/);
        return true;
      });
      assert.equal(calls(), 1);
      assert.equal(server.status.kind, 'connected');
    });
  }
});

describe('the token and the headers of an MCP server', () => {
  const secured = (url: string) =>
    ({ kind: 'http', url, headers: { 'x-api-key': 'a-secret' }, entraScope: 'api://shop/.default' }) as const;

  it('are sent with each request to its host', async (t) => {
    const scripted = await startHttp(t);
    const server = await connected(t, secured(scripted.url));
    await toolOf(server, 'echo').run({}, context());
    const posts = scripted.requests.filter(({ method }) => method === 'POST');
    assert.ok(posts.length >= 3);
    for (const { headers } of posts)
      assert.deepEqual([headers.authorization, headers['x-api-key']], ['Bearer token', 'a-secret']);
  });

  it('cause tool_unavailable, not an unknown outcome, if a call cannot get a token', async (t) => {
    const scripted = await startHttp(t);
    let isOut = false;
    const token = async () => (isOut ? Promise.reject(new RangeError('no token')) : 'token');
    const server = opened(t, secured(scripted.url), {}, systemClock, token);
    await server.connect();
    isOut = true;
    await assert.rejects(toolOf(server, 'echo').run({}, context()), { code: 'tool_unavailable' });
    isOut = false;
    assert.equal((await toolOf(server, 'echo').run({}, context())).text, 'echo: {}');
  });

  it('cause an unknown outcome if a call that the server has begun cannot get a token', async (t) => {
    const scripted = await startHttp(t);
    let isOut = false;
    const answer = currentServer(BEGUN);
    scripted.intercept = (request, response) => {
      isOut = request.rpc === 'tools/call';
      return answer(request, response);
    };
    const token = async () => (isOut ? Promise.reject(new RangeError('no token')) : 'token');
    const server = opened(t, secured(scripted.url), {}, systemClock, token);
    await server.connect();
    await assert.rejects(toolOf(server, 'echo').run({}, context()), { code: 'outcome_unknown' });
    assert.equal(scripted.requests.filter(({ rpc }) => rpc === 'tools/call').length, 1);
  });

  it('cause the server to be down, with the reason, if the token cannot be obtained', async (t) => {
    const scripted = await startHttp(t);
    const server = opened(t, secured(scripted.url), {}, systemClock, () => Promise.reject(new RangeError('no token')));
    await server.connect();
    assert.deepEqual(server.status, { kind: 'down', reason: 'RangeError' });
  });

  for (const [when, rpc, status] of [
    ['while it connects', undefined, 307],
    ['while it connects, with another method', undefined, 302],
    ['during a call', 'tools/call', 308],
  ] as const) {
    it(`do not follow a redirect to another origin ${when}`, async (t) => {
      const [scripted, stranger] = [await startHttp(t), await startHttp(t)];
      const redirect: ScriptedHttp['intercept'] = (request, response) => {
        if (rpc !== undefined && request.rpc !== rpc) return false;
        response.setHeader('location', stranger.url);
        answerWith(response, status);
        return true;
      };
      const server = opened(t, secured(scripted.url));
      if (rpc === undefined) scripted.intercept = redirect;
      await server.connect();
      if (rpc === undefined) assert.equal(server.status.kind, 'down');
      else {
        scripted.intercept = redirect;
        await assert.rejects(toolOf(server, 'echo').run({}, context()), { name: 'ToolError' });
      }
      assert.deepEqual(stranger.requests, []);
    });
  }
});
