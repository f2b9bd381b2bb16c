import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { unknownSettings } from '../../src/config/unknown-settings.ts';
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
    it(`is named: ${name}`, () => {
      assert.deepEqual(noticesOf({ [name]: 'x' }), [
        `${name} is not a known setting and is ignored; did you mean ${meant}?`,
      ]);
    });
  }

  it('is named if it has the prefix of the bot', () => {
    assert.deepEqual(noticesOf({ REALTIME_SPEED: '2' }), ['REALTIME_SPEED is not a known setting and is ignored']);
  });

  it('is not a setting, a variable of another program, or blank', () => {
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
  it('is named if it is unknown, and is still used', () => {
    const { notices, session } = readConfig({ ...azure, REALTIME_VOICE: 'aloy' });
    assert.equal(session.voice, 'aloy');
    assert.match(notices.join(), /REALTIME_VOICE is "aloy", which is not a known voice \(alloy, /);
    assert.deepEqual(readConfig({ ...azure, REALTIME_VOICE: 'marin' }).notices, []);
  });
});
