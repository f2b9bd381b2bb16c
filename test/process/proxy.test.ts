import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startFakeConnector } from '../support/fake-connector.ts';
import { type OpenIdServer, startOpenIdServer } from '../support/openid-server.ts';
import { startTlsFront } from '../support/tls-front.ts';

const SERVICE = 'https://smba.trafficmanager.net/emea/';
const LOGIN = 'https://login.microsoftonline.com/botframework.com';
const NOTICE =
  /"level":"warn".*uploads, MCP servers, the bot's own token and the keys of channels do not use the proxy/;
const HOSTS = ['keys.test', 'login.microsoftonline.com', 'resource.model.test', 'smba.trafficmanager.net'] as const;

/** The requests of MSAL: for the token endpoints, and for a token. */
async function startLogin() {
  const server = createServer((request, response) => {
    request.resume();
    const endpoints = {
      authorization_endpoint: `${LOGIN}/authorize`,
      token_endpoint: `${LOGIN}/token`,
      issuer: LOGIN,
      jwks_uri: `${LOGIN}/keys`,
    };
    const token = { token_type: 'Bearer', expires_in: 3_600, access_token: 'a-token-of-the-bot' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.method === 'POST' ? token : endpoints));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** A closed network: these hosts are reachable only through the proxy. */
async function startNetwork(t: TestContext) {
  const certificate = makeCertificate(...HOSTS);
  if (certificate === undefined) return undefined;
  const connector = await startFakeConnector();
  const openId = await startOpenIdServer();
  const login = await startLogin();
  const said = { outputs: [{ text: 'Hi there' }], ending: { kind: 'completed' } } as const;
  const simulator = await startSimulator({ responder: scripted([said]).responder, voice: toneVoice(), paceMs: 0 });
  const keysUrl = String(openId.env['ToBotFromChannelOpenIdMetadataUrl']);
  const portOf = (url: string) => Number(new URL(url).port);
  const ports = [portOf(keysUrl), login.port, portOf(simulator.url), portOf(connector.url)];
  const fronts = await Promise.all(ports.map((port) => startTlsFront(certificate, () => port)));
  const proxy = await startConnectProxy((target) => {
    const at = HOSTS.findIndex((host) => target === `${host}:443`);
    return fronts[at]?.port ?? { status: 502 };
  });
  t.after(async () => {
    await proxy[Symbol.asyncDispose]();
    for (const front of fronts) await front[Symbol.asyncDispose]();
    for (const part of [simulator, login, openId, connector]) await part.close();
    certificate.close();
  });
  return { certificate, connector, openId, proxy };
}

type Network = NonNullable<Awaited<ReturnType<typeof startNetwork>>>;

function startBehind({ certificate, openId, proxy }: Network): BotProcess {
  return startBotProcess({
    ...openId.env,
    ToBotFromChannelOpenIdMetadataUrl: 'https://keys.test/openid',
    ToChannelFromBotLoginUrl: LOGIN,
    AZURE_OPENAI_ENDPOINT: 'https://resource.model.test',
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'test-key',
    PORT: '0',
    LOG_LEVEL: 'debug',
    HTTPS_PROXY: `http://user:a-secret@${new URL(proxy.url).host}`,
    NODE_EXTRA_CA_CERTS: certificate.certPath,
  });
}

/** A message in a Teams group. */
function deliver(url: string, openId: OpenIdServer): Promise<Response> {
  return fetch(`${url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${openId.token(SERVICE)}` },
    body: JSON.stringify({
      type: 'message',
      id: 'activity-1',
      channelId: 'msteams',
      serviceUrl: SERVICE,
      conversation: { id: 'a:1', conversationType: 'groupChat' },
      from: { id: '29:user' },
      recipient: { id: '28:bot', name: 'Bot' },
      text: '<at>Bot</at> hello',
      entities: [{ type: 'mention', text: '<at>Bot</at>', mentioned: { id: '28:bot', name: 'Bot' } }],
    }),
  });
}

describe('a bot behind a proxy', { timeout: 60_000 }, () => {
  const skip = 'setGlobalProxyFromEnv' in http ? false : 'this Node cannot';

  it('answers a Teams message through HTTPS_PROXY alone', { skip }, async (t) => {
    const network = await startNetwork(t);
    if (network === undefined) return t.skip('there is no openssl');
    const { connector, openId, proxy } = network;
    await using bot = startBehind(network);
    const response = await deliver(await bot.whenListening(), openId);
    assert.equal(response.status, 200, bot.stdout);
    const [reply] = await inTime(connector.whenMessages(1));
    assert.equal(reply?.body.text, 'Hi there');
    assert.equal(reply?.authorization, 'Bearer a-token-of-the-bot');
    const targets = [...new Set(proxy.tunnels.map(({ target }) => target))].sort();
    assert.deepEqual(
      targets,
      HOSTS.map((host) => `${host}:443`),
    );
    assert.doesNotMatch(bot.stdout + bot.stderr, /a-secret/);
    assert.doesNotMatch(bot.stdout, NOTICE);
  });

  it('logs at the start if its Node lacks full proxy support', async (t) => {
    await using proxy = await startConnectProxy(() => ({ status: 502 }));
    const OLD_NODE = `import http from 'node:http'; delete http.setGlobalProxyFromEnv`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(OLD_NODE)}`;
    const env = {
      AZURE_OPENAI_ENDPOINT: 'https://resource.model.test',
      AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
      AZURE_OPENAI_API_KEY: 'test-key',
      PORT: '0',
    };
    const HTTPS_PROXY = `http://user:a-secret@${new URL(proxy.url).host}`;
    for (const [settings, isSaid] of [
      [{ NODE_OPTIONS, HTTPS_PROXY }, true],
      [{ NODE_OPTIONS }, false],
    ] as const) {
      const bot = startBotProcess({ ...env, ...settings });
      t.after(() => bot[Symbol.asyncDispose]());
      await bot.whenListening();
      assert.equal(NOTICE.test(bot.stdout), isSaid, bot.stdout);
      assert.doesNotMatch(bot.stdout, /a-secret/);
    }
  });

  it('logs no password of a proxy that rejects every request', { skip }, async (t) => {
    const network = await startNetwork(t);
    if (network === undefined) return t.skip('there is no openssl');
    network.proxy.rule = () => ({ status: 407 });
    await using bot = startBehind(network);
    const response = await deliver(await bot.whenListening(), network.openId);
    assert.equal(response.status, 401);
    assert.doesNotMatch(bot.stdout + bot.stderr, /a-secret|user:(?!password@host:port)/);
  });
});
