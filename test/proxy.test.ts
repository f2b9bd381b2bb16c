import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https, { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { EnvReader } from '../src/config/env.ts';
import { type ProxySettings, readProxy } from '../src/config/proxy-settings.ts';
import { connectThrough, proxyFor, setDefaultProxy } from '../src/proxy.ts';
import { startTrap } from './attachments/trap.ts';
import { inTime } from './realtime/gathered.ts';
import { type ConnectProxy, startConnectProxy } from './support/connect-proxy.ts';
import { makeTrustedCertificate } from './support/trusted.ts';

function settingsOf(env: Record<string, string>): ProxySettings | undefined {
  const read = new EnvReader(env);
  const settings = readProxy(read);
  assert.deepEqual(read.problems, []);
  return settings;
}

describe('the proxy for libraries', () => {
  it("is the bot's proxy in the form that they understand", () => {
    const env = {
      https_proxy: 'proxy.test:8080',
      ALL_PROXY: 'socks5://proxy.test',
      no_proxy: '*.azure.com',
      PATH: '/',
    };
    setDefaultProxy(settingsOf({ https_proxy: env.https_proxy, no_proxy: env.no_proxy }), env);
    assert.partialDeepStrictEqual(env, {
      HTTPS_PROXY: 'http://proxy.test:8080',
      NO_PROXY: 'azure.com,.azure.com,localhost,127.0.0.1,[::1]',
      PATH: '/',
    });
    assert.deepEqual([env.https_proxy, env.ALL_PROXY], [undefined, undefined]);
  });

  it('is not set if the bot uses none', () => {
    const env = { ALL_PROXY: 'socks5://proxy.test:1080', all_proxy: 'socks5://proxy.test:1080' };
    assert.deepEqual(setDefaultProxy(undefined, env), []);
    assert.deepEqual(env, {});
  });
});

describe('the route to a host', () => {
  for (const [address, exceptions, isThroughProxy] of [
    ['https://r.openai.azure.com/openai/v1', '', true],
    ['https://r.openai.azure.com', 'other.example.com', true],
    ['https://r.openai.azure.com', 'r.openai.azure.com', false],
    ['https://r.openai.azure.com', 'R.OpenAI.Azure.com', false],
    ['https://r.openai.azure.com', 'openai.azure.com', false],
    ['https://r.openai.azure.com', '.openai.azure.com', false],
    ['https://openai.azure.com', '.openai.azure.com', false],
    ['https://r.openai.azure.com', '*.azure.com', false],
    ['https://r.openai.azure.com', 'ai.azure.com', true],
    ['https://r.openai.azure.com', 'one.test, azure.com', false],
    ['https://r.openai.azure.com', 'one.test azure.com', false],
    ['https://r.openai.azure.com', '*', false],
    ['https://r.openai.azure.com', 'azure.com:443', false],
    ['https://r.openai.azure.com', 'azure.com:8443', true],
    ['https://r.openai.azure.com:8443', 'azure.com:8443', false],
    ['https://r.openai.azure.com', ',.,:443', true],
    ['http://localhost:4000', '', false],
    ['http://127.0.0.1:4000', '', false],
    ['https://[::1]:4000', '', false],
  ] as const) {
    it(`${isThroughProxy ? 'leads through the proxy' : 'is direct'} for ${address} with NO_PROXY="${exceptions}"`, () => {
      const settings = settingsOf({ HTTPS_PROXY: 'http://proxy.test', NO_PROXY: exceptions });
      assert.equal(proxyFor(new URL(address), settings), isThroughProxy ? settings : undefined);
      const small = settingsOf({ https_proxy: 'http://proxy.test', no_proxy: exceptions });
      assert.equal(proxyFor(new URL(address), small), isThroughProxy ? small : undefined);
    });
  }
});

const certificate = makeTrustedCertificate('far.test', 'localhost');
const skip = certificate === undefined ? 'there is no openssl' : false;
const FAR = new URL('https://far.test/');
const forever = new AbortController().signal;

describe('a connection through a proxy', { skip, timeout: 60_000 }, () => {
  const far = certificate === undefined ? undefined : createServer({ ...certificate });
  let farPort: number;
  let proxy: ConnectProxy;
  before(async () => {
    if (far === undefined) return;
    far.listen(0, '127.0.0.1');
    await once(far, 'listening');
    farPort = (far.address() as AddressInfo).port;
    proxy = await startConnectProxy(() => farPort);
  });
  beforeEach(() => {
    proxy.rule = () => farPort;
  });
  after(async () => {
    await proxy?.[Symbol.asyncDispose]();
    far?.closeAllConnections();
    far?.close();
    certificate?.close();
  });
  const through = (url = proxy.url) => ({ url, exceptions: [] });

  it('leads to the host by its name, with verified TLS', async () => {
    const socket = await inTime(connectThrough(through(), FAR, forever));
    assert.ok(socket.authorized);
    assert.equal(socket.servername, 'far.test');
    const { target, headers } = proxy.tunnels.at(-1) ?? {};
    assert.equal(target, 'far.test:443');
    assert.equal(headers?.host, 'far.test:443');
    assert.equal(headers?.['proxy-authorization'], undefined);
    socket.destroy();
    await inTime(proxy.whenLeft());
  });

  it('sends user and password to the proxy', async () => {
    const { host } = new URL(proxy.url);
    (await inTime(connectThrough(through(`http://us%40er:p%3Ass@${host}`), FAR, forever))).destroy();
    const basic = `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`;
    assert.equal(proxy.tunnels.at(-1)?.headers['proxy-authorization'], basic);
  });

  it('uses TLS to an https proxy', async () => {
    await using secure = await startConnectProxy(() => farPort, certificate);
    const url = `https://localhost:${secure.port}`;
    const socket = await inTime(connectThrough(through(url), FAR, forever));
    assert.ok(socket.authorized);
    socket.destroy();
  });

  it('stays open when its signal is aborted later', async () => {
    const ending = new AbortController();
    const socket = await inTime(connectThrough(through(), FAR, ending.signal));
    ending.abort(new Error('too late'));
    socket.write('GET / HTTP/1.1\r\nhost: far.test\r\n\r\n');
    far?.once('request', (_, response) => response.end('here'));
    await inTime(once(socket, 'data'));
    socket.destroy();
  });

  for (const status of [403, 407, 502]) {
    it(`fails with the name of a proxy that answers ${status}`, async () => {
      proxy.rule = () => ({ status });
      const url = `http://user:a-secret@${new URL(proxy.url).host}`;
      await assert.rejects(inTime(connectThrough(through(url), FAR, forever)), (err: Error & { code?: string }) => {
        assert.equal(err.code, 'proxy_refused');
        assert.match(
          err.message,
          new RegExp(`^the proxy 127\\.0\\.0\\.1:${proxy.port} answered ${status} for far\\.test:443`),
        );
        assert.equal(status === 407, err.message.includes('user name and a password'));
        assert.ok(!err.message.includes('a-secret'));
        return true;
      });
      await inTime(proxy.whenLeft());
    });
  }

  it('fails with the name of a proxy that does not listen', async () => {
    const gone = await startConnectProxy(() => farPort);
    await gone[Symbol.asyncDispose]();
    await assert.rejects(inTime(connectThrough(through(gone.url), FAR, forever)), {
      code: 'proxy_unreachable',
      message: `the proxy 127.0.0.1:${gone.port} gives no answer`,
    });
  });

  it('fails with the name of a server that is no proxy', async () => {
    const err = inTime(connectThrough(through(`http://127.0.0.1:${farPort}`), FAR, forever));
    await assert.rejects(err, { code: 'proxy_unreachable' });
  });

  it('fails if the tunnel breaks, and affects nothing else', async () => {
    proxy.rule = () => 'reset';
    await assert.rejects(inTime(connectThrough(through(), FAR, forever)), { code: 'ECONNRESET' });
    await inTime(proxy.whenLeft());
  });

  it('fails like a direct connection if the certificate of the host is wrong', async () => {
    const other = new URL('https://other.test/');
    await assert.rejects(inTime(connectThrough(through(), other, forever)), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    await inTime(proxy.whenLeft());
  });

  it('ends on abort while the proxy or the host is silent', async () => {
    await using silent = await startTrap();
    for (const fate of ['hang', silent.port] as const) {
      proxy.rule = () => fate;
      const ending = new AbortController();
      const connecting = connectThrough(through(), FAR, ending.signal);
      const before = proxy.tunnels.length;
      while (proxy.tunnels.length === before) await new Promise((resolve) => setImmediate(resolve));
      ending.abort(new Error('the user said stop'));
      await assert.rejects(inTime(connecting), /the user said stop/);
      await inTime(proxy.whenLeft());
    }
  });

  it('is used by fetch and the default agents, except for the hosts in NO_PROXY', async (t) => {
    if (!('setGlobalProxyFromEnv' in http)) return t.skip('this Node cannot');
    far?.on('request', (_, response) => response.end('here'));
    setDefaultProxy({ url: proxy.url, exceptions: ['excepted.test'] }, {});
    const before = proxy.tunnels.length;
    assert.equal(await (await fetch(FAR)).text(), 'here');
    const [response] = await inTime(once(https.get(FAR), 'response'));
    response.resume();
    assert.deepEqual(
      proxy.tunnels.slice(before).map(({ target }) => target),
      ['far.test:443', 'far.test:443'],
    );
    for (const url of ['https://excepted.test', 'https://below.excepted.test', `https://localhost:${farPort}`])
      await fetch(url).catch(() => {});
    assert.equal(proxy.tunnels.length, before + 2);
  });
});
