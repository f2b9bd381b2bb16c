import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { EnvReader } from '../../src/config/env.ts';
import { readMcpServers } from '../../src/config/mcp-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcp-'));
after(() => rmSync(folder, { recursive: true }));

function read(file: unknown, env: Record<string, string> = {}) {
  const MCP_CONFIG = join(folder, 'mcp.json');
  writeFileSync(MCP_CONFIG, typeof file === 'string' ? file : JSON.stringify(file));
  const reader = new EnvReader({ MCP_CONFIG, ...env });
  const servers = readMcpServers(reader);
  return { servers, problems: reader.listProblems(), notices: reader.notices };
}
const one = (entry: unknown, env?: Record<string, string>) => read({ mcpServers: { shop: entry } }, env);

describe('the file of MCP servers', () => {
  it('is not read if no setting names it', () => {
    assert.deepEqual(readMcpServers(new EnvReader({})), []);
  });

  it("is read in VS Code's format, with comments and trailing commas", () => {
    const { servers } = read(
      '{ // ours\n "servers": { "files": { "type": "stdio", "command": "node", "args": ["a.js",], }, }, }',
    );
    assert.deepEqual(servers[0]?.transport, {
      kind: 'stdio',
      command: 'node',
      args: ['a.js'],
      env: {},
      // The folder of the file.
      cwd: folder,
    });
  });

  it('is read with the byte order mark of an editor on Windows', () => {
    assert.deepEqual(read('\ufeff{"servers": {}}'), { servers: [], problems: [], notices: [] });
  });

  it("is read in Claude's format, with its defaults", () => {
    const { servers, problems } = one({ url: 'https://mcp.example.com/mcp' });
    assert.deepEqual(problems, []);
    assert.deepEqual(servers, [
      {
        name: 'shop',
        origin: 'mcp.example.com 424ed44acf7e2532',
        transport: { kind: 'http', url: 'https://mcp.example.com/mcp', headers: {}, entraScope: undefined },
        approval: 'always',
        allow: [],
        readOnly: [],
        users: [],
        scopes: [],
        timeoutMs: 30_000,
        passUser: false,
      },
    ]);
  });

  it("may contain the bot's own keys", () => {
    const own = {
      approval: 'never',
      allow: ['a'],
      readOnly: ['b'],
      users: ['u'],
      scopes: ['personal'],
      passUser: true,
    };
    const { servers } = one({ command: 'x', timeoutSeconds: 5, ...own });
    const { transport: _, origin: __, ...settings } = servers[0] ?? assert.fail('no server');
    assert.deepEqual(settings, { name: 'shop', timeoutMs: 5000, ...own });
  });

  it('limits a call to 30 seconds by default, and to five minutes at most', () => {
    const limitOf = (timeoutSeconds?: number) => one({ command: 'x', timeoutSeconds }).servers[0]?.timeoutMs;
    assert.deepEqual([limitOf(), limitOf(1), limitOf(300)], [30_000, 1_000, 300_000]);
    for (const wrong of [0.5, 301, '30'])
      assert.match(
        one({ command: 'x', timeoutSeconds: wrong }).problems.join(),
        /"timeoutSeconds" is not from 1 to 300$/,
      );
  });

  for (const [written, env, expected] of [
    [`\${TOKEN}`, { TOKEN: 't' }, 't'],
    [`Bearer \${env:TOKEN}`, { TOKEN: 't' }, 'Bearer t'],
    [`\${TOKEN:-none}`, {}, 'none'],
    [`\${TOKEN:-none}`, { TOKEN: '' }, 'none'],
    [`\${input:api-key}`, { INPUT_API_KEY: 'k' }, 'k'],
    ['$TOKEN and {TOKEN}', { TOKEN: 't' }, '$TOKEN and {TOKEN}'],
  ] as const) {
    it(`replaces ${written}`, () => {
      const { servers, problems } = one({ url: 'https://a.example', headers: { 'X-A': written } }, env);
      assert.deepEqual(problems, []);
      assert.equal(servers[0]?.transport.kind === 'http' && servers[0].transport.headers['X-A'], expected);
    });
  }

  it('names a server without secrets, so that a rotated key leaves it the same and another address does not', () => {
    const originOf = (entry: object, env: Record<string, string>) => one(entry, env).servers[0]?.origin ?? '';
    const web = { url: `https://\${HOST}/mcp?api_key=\${KEY}` };
    const before = originOf(web, { HOST: 'a.example', KEY: 's3cret' });
    assert.match(before, /^a\.example [0-9a-f]{16}$/);
    assert.equal(originOf(web, { HOST: 'a.example', KEY: 'rotated' }), before);
    assert.notEqual(originOf(web, { HOST: 'b.example', KEY: 's3cret' }), before);
    const program = { command: '/usr/bin/node', args: ['a.js', '--token', `\${KEY}`, '--pin', '4711'] };
    assert.match(originOf(program, { KEY: 's3cret' }), /^node [0-9a-f]{16}$/);
    assert.equal(originOf(program, { KEY: 'rotated' }), originOf(program, { KEY: 's3cret' }));
    assert.notEqual(originOf({ ...program, args: ['b.js'] }, {}), originOf({ ...program, args: ['a.js'] }, {}));
  });

  for (const [name, file, problem] of [
    ['no JSON', '{"mcpServers": {"a": "secret"', /names \S*mcp\.json, which is not JSON/],
    ['no servers', '{}', /which has no servers/],
    ['servers in a list', { mcpServers: [] }, /which has no servers/],
    ['a password in an address', { mcpServers: { a: { url: 'https://me:pw@a.example' } } }, /contains a user name or/],
    [
      'a line break in a header',
      { mcpServers: { a: { url: 'https://a.example', headers: { 'X-A': 'b\nc' } } } },
      /"headers" has a name or a value that HTTP does not allow/,
    ],
    [
      'a variable that is not set',
      { mcpServers: { a: { url: `https://a.example/\${WHO}` } } },
      /server "a"\): "url" needs WHO, which is not set/,
    ],
    ['neither command nor url', { mcpServers: { a: {} } }, /it has no "command" and no "url"/],
    ['an entry that is a text', { mcpServers: { a: 'x' } }, /it has no "command" and no "url"/],
    ['http to another host', { mcpServers: { a: { url: 'http://a.example' } } }, /not an https address/],
    ['SSE', { mcpServers: { a: { type: 'sse', url: 'https://a.example' } } }, /"sse" is no longer supported/],
    ['a wrong approval', { mcpServers: { a: { command: 'x', approval: 'ask' } } }, /"approval" is neither/],
    [
      'a wrong time',
      { mcpServers: { a: { command: 'x', timeoutSeconds: 0 } } },
      /"timeoutSeconds" is not from 1 to 300/,
    ],
    [
      'a wrong scope',
      { mcpServers: { a: { command: 'x', scopes: ['team'] } } },
      /"scopes" takes personal, group, channel/,
    ],
    [
      'arguments that are no list',
      { mcpServers: { a: { command: 'x', args: '-v' } } },
      /"args" is not a list of texts/,
    ],
    [
      'a wrong sign-in',
      { mcpServers: { a: { url: 'https://a.example', auth: { entraScope: 'x' } } } },
      /"auth" is not of the form/,
    ],
    [
      'sign-in over http',
      { mcpServers: { a: { url: 'http://localhost:1', auth: { entraScope: 'https://a/.default' } } } },
      /"auth" needs an https address/,
    ],
    ['a name with a space', { mcpServers: { 'a b': { command: 'x' } } }, /its name cannot be part of a tool name/],
    [
      'two names that become equal',
      { mcpServers: { 'a.b': { command: 'x' }, a_b: { url: 'https://mcp.example.com' }, 'a-b': { command: 'y' } } },
      /^MCP_CONFIG \(\S*mcp\.json\): the servers "a\.b" and "a_b" have the same name .*rename one of them$/,
    ],
  ] as const) {
    it(`is rejected with ${name}`, () => {
      const { problems } = read(file);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^MCP_CONFIG /);
      assert.match(problems[0] ?? '', problem);
      assert.doesNotMatch(problems[0] ?? '', /secret/);
    });
  }

  it('is rejected if it is unreadable', () => {
    const reader = new EnvReader({ MCP_CONFIG: 'gone.json' });
    readMcpServers(reader);
    assert.deepEqual(reader.problems, ['MCP_CONFIG names gone.json, which cannot be read; expected a JSON file']);
  });

  it('causes a warning about literal secrets without quoting them, and about misspelt keys of the bot only', () => {
    const { notices, problems } = one({
      ...{ url: 'https://a.example', headers: { Authorization: 'Bearer s3cret' }, alow: [], oauth: {}, dev: {} },
    });
    assert.deepEqual(problems, []);
    assert.equal(notices.length, 2);
    assert.match(notices.join('\n'), /"headers\.Authorization" contains a secret/);
    assert.match(notices.join('\n'), /"alow" is not read; did you mean "allow"\?/);
    assert.doesNotMatch(notices.join('\n'), /s3cret/);
  });

  it('leaves out a disabled server, whatever else its entry says', () => {
    const { servers, problems } = read({ mcpServers: { a: { command: 'x' }, b: { disabled: true, url: `\${GONE}` } } });
    assert.deepEqual([servers.map(({ name }) => name), problems], [['a'], []]);
  });

  for (const [place, entry] of [
    ['args', { command: 'x', args: ['--token=s3cret'] }],
    ['args', { command: 'x', args: ['--api-key', 's3cret'] }],
    ['url', { url: 'https://a.example/mcp?api_key=s3cret' }],
    ['url', { url: 'https://ada:s3cret@a.example/mcp' }],
    ['url', { url: 'https://s3cret@a.example/mcp' }],
  ] as const) {
    it(`causes a warning about a secret in ${JSON.stringify(entry)}`, () => {
      const { notices } = one(entry);
      assert.equal(notices.length, 1);
      assert.match(notices[0] ?? '', new RegExp(`"${place}" contains a secret; write \\$\\{NAME\\} there`));
      assert.doesNotMatch(notices[0] ?? '', /s3cret/);
    });
  }

  it('causes no warning about variables and about words that only resemble a secret', () => {
    const env = { KEY: 's3cret' };
    for (const entry of [
      {
        command: 'x',
        args: [`--token=\${KEY}`, '--api-key', `\${KEY}`, 'keyboard.js', '--token', '--verbose', '--secret='],
      },
      { url: `https://a.example/mcp?api_key=\${KEY}&api-version=1` },
      { url: `https://\${KEY}@a.example/tokens` },
    ])
      assert.deepEqual(one(entry, env).notices, []);
  });
});
