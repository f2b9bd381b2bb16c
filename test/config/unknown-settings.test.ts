import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readConfig, settingNames } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { isAlike, unknownSettings } from '../../src/config/unknown-settings.ts';
import { ConfigError } from '../../src/errors.ts';
import { azure } from './problems-of.ts';

const noticesOf = (env: Env) => readConfig({ ...azure, ...env }).notices;

describe('an unknown variable that resembles a setting', () => {
  for (const [name, meant] of [
    ['REALTME_VOICE', 'REALTIME_VOICE'],
    ['REALTIME_VOCIE', 'REALTIME_VOICE'],
    ['DALY_BUDGET_USD', 'DAILY_BUDGET_USD'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['MICROSOFTAPPID', 'MicrosoftAppId'],
    ['OPENAI_MODLE', 'OPENAI_MODEL'],
  ] as const) {
    it(`is reported with the setting that is meant: ${name}`, () => {
      assert.deepEqual(noticesOf({ [name]: 'x' }), [
        `${name} is not a known setting and is ignored; did you mean ${meant}?`,
      ]);
    });
  }

  for (const [name, isMeant] of [
    ['RELTIME_VOCE', true],
    ['REALTIME_VOICE_X', true],
    ['XREALTIME_VOICES', true],
    ['EALTIME_VOICEE', true],
    ['RAELTIME_VOICE', true],
    ['REALTIME_VOI', true],
    ['RELTIME_VCE', false],
    ['REALTIME_VOICE_XY', false],
    ['RAELTIME_VOIC', false],
    ['REALTIME_VO', false],
  ] as const) {
    it(`is ${isMeant ? '' : 'not '}within two edits of REALTIME_VOICE: ${name}`, () => {
      assert.equal(isAlike(name, 'REALTIME_VOICE'), isMeant);
      assert.equal(isAlike('realtime_voice', name), isMeant);
    });
  }

  it('is a warning below the problems if another setting is missing, too', () => {
    assert.throws(
      () => readConfig({ REALTME_VOICE: 'x' }, ['.env has a notice']),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.doesNotMatch(error.problems.join(), /REALTME_VOICE|notice/);
        const warnings =
          /\nWarnings, which may explain it:\n {2}- \.env has a notice\n {2}- REALTME_VOICE is not a known [^\n]+$/;
        assert.match(error.message, warnings);
        return true;
      },
    );
  });

  it('is reported without the settings, too', () => {
    assert.deepEqual(
      unknownSettings({ REALTME_VOICE: 'x', DALY_BUDGET_USD: 'x', PORT: 'x', MCP_CONFIG: 'none.json' }, settingNames()),
      [
        'REALTME_VOICE is not a known setting and is ignored; did you mean REALTIME_VOICE?',
        'DALY_BUDGET_USD is not a known setting and is ignored; did you mean DAILY_BUDGET_USD?',
      ],
    );
  });

  it('is reported if it has the prefix of the bot', () => {
    assert.deepEqual(noticesOf({ REALTIME_SPEED: '2' }), ['REALTIME_SPEED is not a known setting and is ignored']);
  });

  it('is not a setting, not a variable of another program, and not blank', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const documented = [...example.matchAll(/^#? ?([A-Za-z_]+)=/gm)].map(([, name]) => name ?? '');
    assert.ok(documented.length > 50);
    const others = [
      'PATH',
      'HOSTNAME',
      'PORTS',
      'http_proxy',
      'https_proxy',
      'all_proxy',
      'no_proxy',
      'FTP_PROXY',
      'ftp_proxy',
      'FTPS_PROXY',
      'DNS_PROXY',
      'NODE_ENV',
      'POSTGRES_URL',
    ];
    const openAi = { OPENAI_API_KEY: 'key', OPENAI_MODEL: 'gpt-realtime' };
    for (const settings of [azure, openAi, { ...azure, HTTPS_PROXY: 'http://proxy:1' }] as const) {
      const read = new Set<string>();
      const get = (env: Env, name: string) => {
        read.add(name);
        return env[name];
      };
      readConfig(new Proxy<Env>(settings, { get }));
      for (const name of [...documented, ...others]) assert.deepEqual(unknownSettings({ [name]: 'x' }, read), [], name);
    }
    assert.deepEqual(noticesOf({ REALTME_VOICE: ' ' }), []);
  });
});

describe('the voice', () => {
  it('causes a notice if it is unknown, and is still used', () => {
    const { notices, session } = readConfig({ ...azure, REALTIME_VOICE: 'aloy' });
    assert.equal(session.voice, 'aloy');
    assert.match(notices.join(), /REALTIME_VOICE is "aloy", which is not a known voice \(alloy, /);
    assert.deepEqual(readConfig({ ...azure, REALTIME_VOICE: 'marin' }).notices, []);
  });
});
