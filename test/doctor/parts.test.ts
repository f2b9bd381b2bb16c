import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { zipOf } from '../../dev/packaging/zip.ts';
import { ingestionEndpointOf } from '../../src/config/telemetry-settings.ts';
import type { Check } from '../../src/doctor/check.ts';
import { fail, pass, skipped, warn } from '../../src/doctor/check.ts';
import { CHECKS } from '../../src/doctor/checks.ts';
import { connectionFix } from '../../src/doctor/connectivity.ts';
import { redactor } from '../../src/doctor/redact.ts';
import { jsonLine, NAME_CHARS, reportLine, summaryLine } from '../../src/doctor/report.ts';
import { type CheckReport, runChecks } from '../../src/doctor/run.ts';
import { copyProject } from '../dev/project-copy.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { contextOf, examined, findingText } from './examined.ts';

function check(name: string, fields: Partial<Check> = {}): Check {
  return { name, limitMs: 1_000, lateFix: 'Hurry.', run: async () => pass('fine'), ...fields };
}

async function run(checks: readonly Check[], clock = new ManualClock()): Promise<string[]> {
  const reports: string[] = [];
  await runChecks(checks, contextOf({}, { deps: { clock } }), ({ name, finding }) =>
    reports.push(`${name} ${finding.status}: ${finding.message}`),
  );
  return reports;
}

describe('the settings check', () => {
  it('warns if no turn fits a budget', async () => {
    const findings = await examined({ DAILY_BUDGET_USD: '0.1' }, { only: ['configuration'] });
    assert.match(
      findingText(findings, 'configuration'),
      /^warn \| .*; DAILY_BUDGET_USD is less than one turn may cost \(about 0\.26 /,
    );
  });
});

describe('the checks', () => {
  it('all run, except those that need a check that did not succeed', async () => {
    const checks = [
      check('a', { run: async () => fail('broken', 'Mend it.') }),
      check('b', { needs: ['a'] }),
      check('c', { needs: ['b'] }),
      check('d', { run: async () => warn('well', 'Look.') }),
      check('e', { needs: ['d'] }),
      check('f', { needs: ['never made'] }),
    ];
    assert.deepEqual(await run(checks), [
      'a fail: broken',
      'b skipped: needs "a"',
      'c skipped: needs "b"',
      'd warn: well',
      'e pass: fine',
      'f skipped: needs "never made"',
    ]);
  });

  it('have a time limit, at which their signal is aborted', async () => {
    const clock = new ManualClock();
    let signalled: AbortSignal | undefined;
    const hangs = check('hangs', {
      run(_context, signal) {
        signalled = signal;
        return new Promise(() => {});
      },
    });
    const running = run([hangs, check('next')], clock);
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    assert.deepEqual(await running, ['hangs fail: timed out after 1 seconds', 'next pass: fine']);
    assert.equal(signalled?.aborted, true);
    assert.deepEqual(clock.waiting, []);
  });

  it('count as failed if they throw', async () => {
    const breaks = check('breaks', { run: () => Promise.reject(new Error('odd')) });
    assert.deepEqual(await run([breaks, check('next')]), [
      'breaks fail: the check itself failed: odd',
      'next pass: fine',
    ]);
  });
});

describe("the doctor's report", () => {
  const style = { isTerminal: false, clean: (text: string) => text };
  const report = (finding: CheckReport['finding']) => ({ name: 'voice', finding, tookMs: 5 });

  it('is one line of words for each check, with the fix below it', () => {
    assert.equal(reportLine(report(pass('alloy')), style), 'pass    voice                      alloy');
    assert.equal(reportLine(report(skipped('why')), style), 'skipped voice                      why');
    assert.equal(
      reportLine(report(fail('no', 'Do it.')), style),
      'FAIL    voice                      no\n        To do: Do it.',
    );
  });

  it('has a column that holds the name of every check', () => {
    for (const { name } of CHECKS) assert.ok(name.length <= NAME_CHARS, name);
  });

  it('has colours and signs next to the words on a terminal', () => {
    const line = reportLine(report(warn('hm', 'Look.')), { ...style, isTerminal: true });
    assert.equal(line, '\x1b[33m▲ WARN    \x1b[39mvoice                      hm\n          To do: Look.');
  });

  it('is one line of JSON for each check for a machine, with counts at the end', () => {
    const json = jsonLine(report(warn('hm', 'Look.')), style);
    const expected = {
      check: 'voice',
      status: 'warn',
      message: 'hm',
      fix: 'Look.',
      tookMs: 5,
    };
    assert.deepEqual(JSON.parse(json), expected);
    const all = [pass('a'), warn('b', 'B.'), skipped('c'), fail('d', 'D.')].map(report);
    assert.equal(summaryLine(all), '1 failed: 1 passed, 1 with a warning, 1 skipped.');
    assert.equal(summaryLine(all.slice(0, 3)), 'Nothing failed: 1 passed, 1 with a warning, 1 skipped.');
  });

  it('contains no secret, no token and no terminal control characters', () => {
    const clean = redactor({
      AZURE_OPENAI_API_KEY: 'key-of-the-model',
      MicrosoftAppPassword: '',
      APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=a2V5IG9m;IngestionEndpoint=https://x',
      DATABASE_URL: 'postgres://bot:pass%40word@db.example.com/bot',
    });
    const token = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.c`;
    assert.equal(clean(`"key-of-the-model" a2V5IG9m ${token}\nnext\x1b[31m`), '"***" *** *** next[31m');
    assert.equal(clean('at pass%40word or pass@word of bot'), 'at *** or *** of bot');
  });
});

describe('an unreachable address', () => {
  const fixOf = (code: string, hostname = 'far.example.com') => connectionFix(code, 'X', hostname, 'project');

  it('has a fix for names, certificates and everything else', () => {
    assert.match(fixOf('ENOTFOUND'), /^Check the host name in X/);
    for (const code of ['CERT_HAS_EXPIRED', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'EPROTO'])
      assert.match(fixOf(code), /NODE_EXTRA_CA_CERTS/);
    for (const code of ['ETIMEDOUT', 'ECONNREFUSED']) assert.match(fixOf(code), /firewall/);
    assert.match(fixOf('ECONNREFUSED', '[::1]'), /^Nothing is listening there: is what X names running/);
  });

  it('may be checked without https', async (t) => {
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const only = ['model address', 'public address'];
    const findings = await examined({ AZURE_OPENAI_ENDPOINT: url, PUBLIC_BASE_URL: url }, { only });
    for (const [name, variable] of [
      ['model address', 'AZURE_OPENAI_ENDPOINT'],
      ['public address', 'PUBLIC_BASE_URL'],
    ] as const) {
      const fix = `The port does not speak https: set ${variable} to an http address`;
      assert.match(findingText(findings, name), new RegExp(`^fail \\| .*ERR_SSL_WRONG_VERSION_NUMBER \\| ${fix}`));
    }
  });
});

describe('the ffmpeg check', () => {
  it('searches where the bot searches', { skip: process.platform === 'win32' }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const look = async () => findingText(await examined({ PATH: folder }, { only: ['ffmpeg'] }), 'ffmpeg');
    assert.match(await look(), /^skipped \| not on the PATH: .* only WAV, MP3 and Ogg Opus audio files$/);
    writeFileSync(join(folder, 'ffmpeg'), '', { mode: 0o755 });
    assert.match(await look(), /^pass \| \/.*\/ffmpeg: the bot can also read M4A, .*/);
  });
});

describe('the Teams package check', () => {
  const NAME = 'Teams app package';
  const env = {
    MicrosoftAppId: '00000000-0000-4000-8000-000000000001',
    MicrosoftAppPassword: 'p',
    PUBLIC_BASE_URL: 'https://bot.example.com',
  };
  const manifest = {
    version: '1.2.3',
    validDomains: ['bot.example.com'],
    bots: [{ botId: '00000000-0000-4000-8000-000000000001' }],
  };

  async function look(t: TestContext, content: object | string, given = env): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    t.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'out'));
    const zip =
      typeof content === 'string'
        ? Buffer.from(content)
        : zipOf({ 'manifest.json': Buffer.from(JSON.stringify(content)) });
    writeFileSync(join(folder, 'out/teams-app.zip'), zip);
    return findingText(await examined(given, { only: [NAME], deps: { folder } }), NAME);
  }

  it('accepts the package of this bot', async (t) => {
    assert.match(
      await look(t, manifest),
      /^pass \| version 1\.2\.3 is for this bot, and lets Teams open bot\.example\.com/,
    );
  });

  it('accepts the package that npm run teams-package made', async (t) => {
    const folder = copyProject(t);
    const botId = '11111111-2222-4333-8444-555555555555';
    const options = ['--bot-id', botId, '--host', 'bot.example.com'];
    execFileSync(process.execPath, [join(folder, 'dev/teams-app/teams-package.ts'), ...options], { stdio: 'ignore' });
    const findings = await examined({ ...env, MicrosoftAppId: botId }, { only: [NAME], deps: { folder } });
    assert.match(findingText(findings, NAME), /^pass \| version \d/);
  });

  it('reports another host or another bot', async (t) => {
    const other = { ...manifest, validDomains: ['old.example.com'] };
    assert.match(
      await look(t, other),
      /^fail \| its validDomains \(old\.example\.com\) lack bot\.example\.com \| .*npm run teams-package/,
    );
    const both = { validDomains: [], bots: [{ botId: 'app-2' }] };
    assert.match(
      await look(t, both),
      /its bot is app-2, and MicrosoftAppId 00000000-0000-4000-8000-000000000001; its validDomains \(none\) lack/,
    );
  });

  it('reports a package that is unreadable, cannot be compared or is missing', async (t) => {
    assert.match(await look(t, 'no zip'), /^fail \| .*no readable manifest\.json/);
    assert.match(
      await look(t, manifest, { ...env, PUBLIC_BASE_URL: 'http://localhost:1' }),
      /^skipped \| .*to compare it/,
    );
    assert.match(
      findingText(await examined(env, { only: [NAME] }), NAME),
      /^skipped \| .* is not here \(to create it: npm run teams-package/,
    );
  });
});

describe('a telemetry connection string', () => {
  it('has a default endpoint', () => {
    const key = 'InstrumentationKey=00000000-0000-0000-0000-000000000000';
    assert.equal(ingestionEndpointOf(key).host, 'dc.services.visualstudio.com');
  });
});
