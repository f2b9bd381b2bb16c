import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { zipOf } from '../../dev/packaging/zip.ts';
import { type Script, type ScriptedTurn, scripted } from '../../dev/simulator/script.ts';
import { type SimulatorOptions, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { startBot } from '../support/bot.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { startIngestion } from '../support/ingestion.ts';
import { BOT_APP_ID, startOpenIdServer } from '../support/openid-server.ts';
import { type DoctorResult, linesOf, runDoctor, startTlsFront } from './doctor-process.ts';

const SECRET = 'a-secret-key';
const certificate = makeCertificate('localhost');
after(() => certificate?.close());

async function startModel(t: TestContext, turns: readonly ScriptedTurn[], simulator: Partial<SimulatorOptions> = {}) {
  const script: Script = scripted(turns);
  const model = await startSimulator({ responder: script.responder, voice: toneVoice(), paceMs: 0, ...simulator });
  t.after(() => model.close());
  const env = {
    AZURE_OPENAI_ENDPOINT: model.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5',
    AZURE_OPENAI_API_KEY: SECRET,
    PORT: '0',
  };
  return { script, env };
}

/** Everything that a bot in Teams has: a model, an identity, an https address, a package and telemetry. */
async function startEverything(t: TestContext, trusted: Certificate) {
  const openId = await startOpenIdServer();
  t.after(() => openId.close());
  const bot = await startBot({ env: openId.env });
  t.after(() => bot.close());
  const { env: model, script } = await startModel(t, ['Hello, your bot can speak.', 'You said hello.']);
  const base = await startTlsFront(t, bot.url, trusted);
  const claims = { appid: openId.appId, tid: 'tenant-1', exp: Math.floor(Date.now() / 1000) + 3_600 };
  const token = `eyJhbGciOiJub25l.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
  const env = {
    ...{ ...model, ...openId.env },
    PUBLIC_BASE_URL: base,
    NODE_EXTRA_CA_CERTS: trusted.certPath,
    TEST_BOT_TOKEN: token,
  };
  const manifest = { version: '1.0.0', validDomains: ['localhost'], bots: [{ botId: openId.appId }] };
  const zip = zipOf({ 'manifest.json': Buffer.from(JSON.stringify(manifest)) });
  const ingestion = await startIngestion(trusted);
  t.after(() => ingestion.close());
  const appInsights = ingestion.connectionString;
  return { env, appInsights, script, token, files: { 'out/teams-app.zip': zip } };
}

// Each of these starts a process; concurrently they take the time of one.
describe('npm run doctor', { concurrency: true }, () => {
  it('passes a complete bot, and prints no secret', {
    skip: certificate === undefined && 'there is no openssl',
  }, async (t) => {
    if (certificate === undefined) return;
    const { env, appInsights, script, token, files } = await startEverything(t, certificate);
    const dotEnv = `APPLICATIONINSIGHTS_CONNECTION_STRING="${appInsights}"\n`;
    const result = await runDoctor(t, env, { files: { ...files, '.env': dotEnv } });
    assert.equal(result.code, 0, result.output);
    const lines = result.stdout.trim().split('\n');
    assert.match(lines.pop() ?? '', /^These are the settings of this shell and of \.env; a running bot keeps/);
    assert.match(lines.pop() ?? '', /^Nothing failed: 1[67] passed, 0 with a warning, [67] skipped\.$/);
    // This bot has no stores. Not every machine has ffmpeg, and what Azure has is not known from here.
    for (const line of lines)
      assert.match(line, /^pass {4}|^skipped (?:ffmpeg|database|storage|bot endpoint|MCP servers|documents) /);
    const compared = `compare ${env.PUBLIC_BASE_URL}/api/messages with the endpoint of the bot in Azure: az bot show `;
    assert.ok(result.stdout.includes(compared), result.stdout);
    assert.match(result.stdout, /^pass {4}bot identity +MultiTenant: a token for the channels: application 0{8}-/m);
    assert.match(result.stdout, /^pass {4}public address +https:\/\/localhost:\d+: the bot answered in \d+ ms/m);
    assert.match(result.stdout, /^pass {4}telemetry +localhost:\d+: accepted a metric in \d+ ms/m);
    assert.match(result.stdout, /^pass {4}Teams app package +version 1\.0\.0 is for this bot/m);
    assertNoSecrets(result, [token, 'app-password']);
    for (const part of ['AccountKey', '\x1b']) assert.ok(!result.output.includes(part));
    script.assertConsumed();
  });

  it('exits with 1 if a check failed, and still runs all other checks', async (t) => {
    const { env } = await startModel(t, [], { refuse: () => ({ status: 401 }) });
    const result = await runDoctor(t, { ...env, PUBLIC_BASE_URL: 'http://127.0.0.1:9' }, { args: ['--json'] });
    assert.equal(result.code, 1);
    const lines = linesOf(result);
    const statusOf = (name: string) => lines.find(({ check }) => check === name)?.status;
    assert.deepEqual(
      [
        'model address',
        'model deployment',
        'spoken turn',
        'storage (audio)',
        'bot identity',
        'public address',
        'telemetry',
      ].map(statusOf),
      ['pass', 'fail', 'skipped', 'skipped', 'pass', 'fail', 'skipped'],
    );
    for (const { status, fix } of lines) assert.equal(fix !== undefined && fix !== '', status === 'fail');
    assertNoSecrets(result, [SECRET]);
  });

  it('warns that its Node does not use the proxy for everything', async (t) => {
    const { env } = await startModel(t, ['Hello, your bot can speak.', 'You said hello.']);
    const oldNode = `import http from 'node:http'; delete http.setGlobalProxyFromEnv`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(oldNode)}`;
    const result = await runDoctor(t, { ...env, NODE_OPTIONS, HTTPS_PROXY: `http://user:${SECRET}@127.0.0.1:9` });
    assert.equal(result.code, 0, result.output);
    assert.match(
      result.stdout,
      /^WARN {4}configuration .*; uploads, MCP servers.* do not use the proxy: Node v\S+ cannot; /m,
    );
    assertNoSecrets(result, [SECRET]);
  });

  it('reports that Entra ID issues no token for the model and the bot', async (t) => {
    const { env } = await startModel(t, []);
    const result = await runDoctor(t, {
      ...{ ...env, AZURE_OPENAI_API_KEY: '', AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' },
      ...{
        MicrosoftAppType: 'UserAssignedMSI',
        MicrosoftAppId: BOT_APP_ID,
        MicrosoftAppTenantId: '11111111-2222-4333-8444-555555555555',
        HOST: '127.0.0.1',
      },
    });
    assert.equal(result.code, 1);
    const none = 'EnvironmentCredential is unavailable';
    assert.match(result.stdout, new RegExp(`^FAIL {4}model credentials .*${none}\\n +To do: Run "az login"`, 'm'));
    assert.match(
      result.stdout,
      new RegExp(`^FAIL {4}bot identity .*${none}\\n +To do: .*over SSH: node dist/doctor\\.js`, 'm'),
    );
  });

  it('exits with 2 and all problems if the configuration is invalid, and explains the first steps', async (t) => {
    const bare = await runDoctor(t, {});
    assert.equal(bare.code, 2);
    assert.equal(bare.stdout, '');
    assert.match(
      bare.stderr,
      /^The configuration cannot be used:\n {2}- AZURE_OPENAI_ENDPOINT .*\n {2}- AZURE_OPENAI_DEPLOYMENT_NAME /,
    );
    assert.match(bare.stderr, /To begin: cp \.env\.example \.env.*npm run demo\n$/s);

    const dotEnv = `AZURE_OPENAI_API_KEY=${SECRET}\nPORT=seventy\nHISTORY_TURNS=many\n`;
    const wrong = await runDoctor(t, {}, { args: ['--json'], files: { '.env': dotEnv } });
    assert.equal(wrong.code, 2);
    const problems = linesOf(wrong).map(({ status, message }) => `${status} ${message.split(' ')[0]}`);
    const names = ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT_NAME', 'PORT', 'HISTORY_TURNS'];
    assert.deepEqual(
      problems,
      names.map((name) => `fail ${name}`),
    );
    assertNoSecrets(wrong, [SECRET]);
  });

  for (const [name, content, ending] of [
    ['without a model', 'PORT=1\n', /\nTo begin: set AZURE_OPENAI_ENDPOINT and .* in \.env \(\.env\.example describes/],
    [
      'that cannot be read',
      Buffer.from('PORT=1 # für\n', 'latin1'),
      /\nEvery setting is described in \.env\.example\.\n$/,
    ],
  ] as const) {
    it(`never suggests overwriting a .env ${name}`, async (t) => {
      const { code, stderr } = await runDoctor(t, {}, { files: { '.env': content } });
      assert.equal(code, 2);
      assert.match(stderr, ending);
      assert.doesNotMatch(stderr, /\bcp /);
    });
  }

  it('prints JSON even if npm took the option for itself', async (t) => {
    const npm = { npm_lifecycle_event: 'doctor', npm_config_json: 'true' };
    assert.equal(linesOf(await runDoctor(t, npm)).length, 2);
  });

  it('exits at once on Ctrl-C', {
    skip: process.platform === 'win32' && 'signals end a process there',
  }, async (t) => {
    const { env } = await startModel(t, [], { refuse: () => 'hang' });
    const onPrint = (stdout: string, interrupt: () => void) => {
      if (stdout.includes('model credentials')) interrupt();
    };
    const result = await runDoctor(t, env, { onPrint });
    assert.equal(result.code, 130);
    assert.doesNotMatch(result.stdout, /model deployment/);
  });

  it('explains its usage, and what it cannot check', async (t) => {
    const help = await runDoctor(t, {}, { args: ['--help'] });
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: npm run doctor -- \[--json\]/);
    assert.match(help.stdout, /telemetry.*These are the settings of this shell/s);
    const odd = await runDoctor(t, {}, { args: ['--quick'] });
    assert.equal(odd.code, 2);
    assert.match(odd.stderr, /^Unknown option '--quick'\. Usage: npm run doctor/);
  });
});

function assertNoSecrets({ output }: DoctorResult, secrets: readonly string[]): void {
  for (const secret of secrets) assert.ok(!output.includes(secret), `${secret} was printed`);
}
