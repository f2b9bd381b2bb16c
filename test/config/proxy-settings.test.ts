import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { EnvReader } from '../../src/config/env.ts';
import { readProxy } from '../../src/config/proxy-settings.ts';
import { proxyName } from '../../src/proxy.ts';

describe('the proxy of the environment', () => {
  for (const [env, expected] of [
    [{}, undefined],
    [{ NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy.test:8080', NO_PROXY: 'one.test, *' }, undefined],
    [{ HTTPS_PROXY: ' ' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy.test:8080' }, 'http://proxy.test:8080'],
    [{ https_proxy: 'http://proxy.test:8080' }, 'http://proxy.test:8080'],
    [{ HTTPS_PROXY: 'http://upper.test', https_proxy: 'http://lower.test' }, 'http://upper.test'],
    [{ HTTPS_PROXY: 'https://proxy.test' }, 'https://proxy.test'],
    [
      { HTTPS_PROXY: 'http://one.test', ALL_PROXY: 'http://two.test', HTTP_PROXY: 'http://three.test' },
      'http://one.test',
    ],
    [{ ALL_PROXY: 'http://two.test', HTTP_PROXY: 'http://three.test' }, 'http://two.test'],
    [{ HTTP_PROXY: 'http://three.test' }, 'http://three.test'],
    [{ HTTPS_PROXY: 'proxy.test:8080' }, 'http://proxy.test:8080'],
    [{ https_proxy: '10.0.0.1:3128' }, 'http://10.0.0.1:3128'],
    [{ ALL_PROXY: '[fd00::1]:3128/' }, 'http://[fd00::1]:3128/'],
    [{ HTTP_PROXY: 'user:p%3Ass@proxy.test:8080' }, 'http://user:p%3Ass@proxy.test:8080'],
    [{ HTTPS_PROXY: 'http://us%40er:p%3Ass@proxy.test:8080/' }, 'http://us%40er:p%3Ass@proxy.test:8080/'],
  ] as const) {
    it(`is ${expected} for ${JSON.stringify(env)}`, () => {
      const read = new EnvReader(env);
      assert.equal(readProxy(read)?.url, expected);
      assert.deepEqual(read.problems, []);
    });
  }

  for (const value of [
    'proxy.test:port',
    'proxy.test',
    'proxy.test/path',
    'user:a-secret@',
    'socks5://proxy.test:1080',
    'http://',
    'http://proxy.test/path',
    'nonsense a-secret',
  ]) {
    it(`is rejected without quoting it: ${value}`, () => {
      const read = new EnvReader({ HTTPS_PROXY: value });
      readProxy(read);
      assert.deepEqual(read.problems, [
        'HTTPS_PROXY is not the address of an HTTP proxy; expected one such as http://proxy.example.com:8080',
      ]);
    });
  }

  for (const [env, expected] of [
    [{ ALL_PROXY: 'socks5://user:a-secret@proxy.test:1080' }, undefined],
    [{ all_proxy: 'socks5h://proxy.test:1080' }, undefined],
    [{ ALL_PROXY: 'SOCKS://proxy.test:1080', HTTP_PROXY: 'http://three.test' }, 'http://three.test'],
    [{ ALL_PROXY: 'socks4a://proxy.test', all_proxy: 'http://two.test' }, 'http://two.test'],
  ] as const) {
    it(`is ${expected} for ${JSON.stringify(env)}, with a notice`, () => {
      const read = new EnvReader(env);
      assert.equal(readProxy(read)?.url, expected);
      assert.deepEqual(read.problems, []);
      const model = { AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com', AZURE_OPENAI_DEPLOYMENT_NAME: 'm' };
      assert.deepEqual(readConfig({ ...model, ...env }).notices, [
        `${Object.keys(env)[0]} is a SOCKS proxy, which is not supported: the bot connects without it`,
      ]);
    });
  }

  it('ignores a SOCKS proxy for all programs beside an HTTP proxy', () => {
    const read = new EnvReader({ HTTPS_PROXY: 'http://one.test', ALL_PROXY: 'socks5://proxy.test' });
    assert.equal(readProxy(read)?.url, 'http://one.test');
    assert.deepEqual([read.problems, read.notices], [[], []]);
  });

  it('has a name without its credentials', () => {
    assert.equal(proxyName({ url: 'http://user:a-secret@proxy.test:8080', exceptions: [] }), 'proxy.test:8080');
  });
});
