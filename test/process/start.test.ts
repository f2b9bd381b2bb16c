import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import type { Env } from '../../src/config/env.ts';
import { SOURCE, startBotProcess } from '../support/bot-process.ts';

const MODEL = {
  AZURE_OPENAI_ENDPOINT: 'https://resource.openai.azure.com',
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime',
  AZURE_OPENAI_API_KEY: 'a-secret-key',
  PORT: '0',
};
const IDENTITY = {
  MicrosoftAppId: '00000000-0000-4000-8000-000000000b07',
  MicrosoftAppPassword: 'a-secret-password',
  MicrosoftAppTenantId: '11111111-2222-4333-8444-555555555555',
  MicrosoftAppType: 'SingleTenant',
};

/** The output of a process that exits before it listens. */
async function endOf(env: Env): Promise<{ code: number | null; output: string; stderr: string }> {
  const bot = startBotProcess(env);
  try {
    const { code } = await bot.ended;
    return { code, output: bot.stdout + bot.stderr, stderr: bot.stderr };
  } finally {
    await bot[Symbol.asyncDispose]();
  }
}

describe('a start with a function that cannot be used', () => {
  const define = (name: string) => `import { z } from 'zod';
    import { defineTool } from '../define-tool.ts';
    export const currentTime = defineTool({
      ...{ name: '${name}', title: 'Mine', description: 'Mine' }, parameters: z.object({}), approval: 'ask', run: () => '' });`;
  for (const [what, source, reason] of [
    ['whose code throws', 'const texts = undefined;\nexport const currentTime = texts.title;', 'current-time\\.ts:2'],
    [
      'with a syntax error',
      'export const currentTime = {\n name: 1\n title: 2,\n};',
      'current-time\\.ts:3: Expected .*',
    ],
    [
      'whose name has a blank',
      define('my time'),
      'current-time\\.ts:3: the function \\\\"my time\\\\" cannot .*letters',
    ],
    ['whose name is too long', define('x'.repeat(65)), 'current-time\\.ts:3: .* its name needs 1 to 64 letters'],
    ['with the name of another one', define('order_status'), 'functions\\.ts: two functions .* \\\\"order_status\\\\"'],
  ] as const)
    it(`ends with code 1 before it listens, and names the place of a function ${what}`, async (t) => {
      const hook = `import { registerHooks } from 'node:module';
        const loaded = { format: 'module-typescript', source: ${JSON.stringify(source)}, shortCircuit: true };
        const load = (url, context, next) => (url.endsWith('/current-time.ts') ? loaded : next(url, context));
        registerHooks({ load });`;
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
      // With a HOST, any other failure of the start may be one of the address.
      const env = { ...MODEL, HOST: '127.0.0.1', EXAMPLE_TOOLS: 'true', NODE_OPTIONS };
      const bot = startBotProcess(env, SOURCE);
      t.after(() => bot[Symbol.asyncDispose]());
      assert.deepEqual(await bot.ended, { code: 1, signal: null });
      const [fatal = ''] = /.*"level":"fatal".*/.exec(bot.stdout) ?? [];
      assert.match(fatal, /"msg":"bot not started: a file in src\/tools\/functions cannot be used"/);
      assert.match(fatal, new RegExp(`cannot be used: (?:src/tools/functions/|\\S*/)?${reason}`));
      assert.doesNotMatch(bot.stdout, /listening on/);
    });
});

describe('a start with an identity that botbuilder rejects', () => {
  it('ends with code 1, and names the reason and the settings', async () => {
    const { MicrosoftAppPassword: _, ...identity } = IDENTITY;
    const { code, output } = await endOf({ ...MODEL, ...identity });
    assert.equal(code, 1);
    assert.match(output, /MicrosoftAppPassword is required for SingleTenant/);
    assert.match(output, /"msg":"bot not started: see MicrosoftAppType and the other MicrosoftApp… settings/);
  });
});

describe('a start with invalid settings', { concurrency: 2 }, () => {
  it('exits with code 1 and names every problem, including a missing app id in production, but no secret', async () => {
    const { code, output, stderr } = await endOf({
      AZURE_OPENAI_ENDPOINT: 'https://user:a-secret-word@resource.openai.azure.com',
      AZURE_OPENAI_API_KEY: 'a-secret-key',
      OPENAI_API_KEY: 'sk-a-secret',
      MicrosoftAppPassword: 'a-secret-password',
      AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=a-secret-account',
      PORT: 'seventy',
      NODE_ENV: 'production',
      WEBCHAT_AUDIO: 'loud',
      TURN_TIMEOUT_SECONDS: '0',
      LOG_LEVEL: 'chatty',
      PUBLIC_BASE_URL: 'http://example.com',
    });
    assert.equal(code, 1);
    for (const name of [
      'AZURE_OPENAI_ENDPOINT',
      'AZURE_OPENAI_DEPLOYMENT_NAME',
      'PORT',
      'WEBCHAT_AUDIO',
      'TURN_TIMEOUT_SECONDS',
      'LOG_LEVEL',
      'PUBLIC_BASE_URL',
    ]) {
      assert.match(stderr, new RegExp(`^ {2}- ${name} .*expected`, 'm'));
    }
    assert.match(stderr, /MicrosoftAppId is not set and NODE_ENV says production/);
    assert.match(stderr, /\nEvery setting is described in \.env\.example\.\n$/, 'in production not how to begin');
    assert.doesNotMatch(output, /secret/);
    assert.doesNotMatch(output, /^\s+at /m);
  });

  it('explains the first steps if no model is configured', async () => {
    const { stderr } = await endOf({});
    assert.match(stderr, /\nTo begin: cp \.env\.example \.env.*npm run demo\n$/s);
  });

  it('exits with code 1 and one clear line for settings that only botbuilder rejects', async () => {
    const { code, output } = await endOf({ ...MODEL, ...IDENTITY, MicrosoftAppPassword: '' });
    assert.equal(code, 1);
    assert.match(output, /MicrosoftAppPassword/);
    assert.doesNotMatch(output, /^\s+at |\\n\s+at |secret/m);
  });

  for (const [HOST, identity] of [
    ['192.0.2.1', IDENTITY],
    ['x86_64-conda-linux-gnu', {}],
  ] as const) {
    it(`explains that HOST=${HOST} is no address of this machine, ${identity === IDENTITY ? 'with' : 'without'} an app id`, async () => {
      const { code, output } = await endOf({ ...MODEL, ...identity, HOST });
      assert.equal(code, 1);
      assert.match(
        output,
        /HOST is (?:not an address|neither an address nor the name) of this machine \(\\?"[\w.-]+\\?"\)/,
      );
      assert.doesNotMatch(output, /set PORT/);
      assert.equal(/"PUBLIC_BASE_URL is /.test(output), identity === IDENTITY, 'what may be the reason is said, too');
    });
  }

  it('exits with code 1 and one clear line if the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, output } = await endOf({ ...MODEL, PORT: String(port) });
    other.close();
    assert.equal(code, 1);
    assert.ok(output.includes(`"bot not started: port ${port} is in use; set PORT to another"`), output);
    assert.doesNotMatch(output, /\\n\s+at /);
    assert.equal(output.trim().split('\n').length, 1, output);
  });
});
