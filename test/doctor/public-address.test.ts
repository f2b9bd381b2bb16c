import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Env } from '../../src/config/env.ts';
import { startBot } from '../support/bot.ts';
import { makeCertificate } from '../support/certificate.ts';
import { BOT_APP_ID, startOpenIdServer } from '../support/openid-server.ts';
import { startTlsFront } from './doctor-process.ts';
import { examined, findingText } from './examined.ts';

const ADDRESS = ['public address', 'player page', 'messages route', 'bot endpoint'];
const IDENTITY = { MicrosoftAppId: BOT_APP_ID, MicrosoftAppPassword: 'app-password' };

function look(env: Env) {
  return examined(env, { only: ADDRESS });
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server in front of the bot that changes its responses, or adds headers to its requests. */
function serveBehind(
  t: TestContext,
  url: string,
  change: (headers: Record<string, string>, path: string) => void,
  added: Record<string, string> = {},
) {
  return serve(t, async ({ method = '', url: path = '' }, response) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: added,
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    const { 'content-encoding': _, ...headers } = Object.fromEntries(answer.headers);
    change(headers, path);
    response.writeHead(answer.status, headers);
    response.end(await answer.text());
  });
}

describe("the doctor's public address check", () => {
  it('finds the bot with its headers, and its demand for a token', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const bot = await startBot({ env: openId.env });
    t.after(() => bot.close());
    const findings = await look({ ...IDENTITY, PUBLIC_BASE_URL: bot.url });
    assert.match(
      findingText(findings, 'public address'),
      /^pass \| http:\/\/127\.0\.0\.1:\d+ \(for clients on this machine\): the bot answered/,
    );
    assert.match(findingText(findings, 'player page'), /^pass \| 404/);
    assert.match(findingText(findings, 'messages route'), /^pass \| a message without a token is refused \(401\)/);
  });

  it('distinguishes a bot with an app id from one without', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    assert.match(
      findingText(await look({ PUBLIC_BASE_URL: bot.url }), 'messages route'),
      /^pass \| an invalid message is refused \(400\)/,
    );
    const other = await look({ ...IDENTITY, PUBLIC_BASE_URL: bot.url });
    assert.match(
      findingText(other, 'messages route'),
      /^fail \| the bot at this address requires no token \| It has another MicrosoftAppId/,
    );
    const byPort = await look({ PORT: new URL(bot.url).port });
    assert.match(findingText(byPort, 'public address'), /^pass \| http:\/\/localhost:\d+/);
  });

  it("prints the command that shows Azure's endpoint if the bot has an app id", async () => {
    const command = 'az bot show --resource-group <group> --name <bot> --query properties.endpoint --output tsv';
    const endpointOf = async (env: Env) => findingText(await look(env), 'bot endpoint');
    const named = await endpointOf({ ...IDENTITY, PUBLIC_BASE_URL: 'https://127.0.0.1:9' });
    assert.ok(named.startsWith('skipped | not checked: compare https://127.0.0.1:9/api/messages with'), named);
    for (const text of [named, await endpointOf({ ...IDENTITY })]) assert.ok(text.endsWith(command), text);
    assert.match(await endpointOf({}), /^skipped \| MicrosoftAppId is not set/);
  });

  it('reports that a bot without an app id rejects requests through a tunnel', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    const tunnel = await serveBehind(t, bot.url, () => {}, { 'x-forwarded-for': '203.0.113.7' });
    assert.match(
      findingText(await look({ PUBLIC_BASE_URL: tunnel }), 'messages route'),
      /^pass \| a message from another machine is refused \(403\)/,
    );
  });

  it('is skipped without an address, or if only the running bot knows its port', async () => {
    const message = async (env: Env) => findingText(await look(env), 'public address');
    assert.equal(
      await message(IDENTITY),
      'skipped | PUBLIC_BASE_URL is not set: Teams and other channels get answers without audio',
    );
    assert.equal(
      await message({ PORT: '0' }),
      'skipped | PORT is 0, so the bot chooses its port when it starts: set PORT to that port, then run this again',
    );
  });

  it('reports that no bot runs', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const free = String((closed.address() as AddressInfo).port);
    await new Promise((resolve) => closed.close(resolve));
    const named = await look({ PUBLIC_BASE_URL: `http://127.0.0.1:${free}` });
    assert.match(
      findingText(named, 'public address'),
      /^fail \| .*did not answer: ECONNREFUSED \| Start the bot \(npm start\), or check the tunnel/,
    );
    assert.match(findingText(named, 'messages route'), /^skipped/);
    const bad = await look({ PUBLIC_BASE_URL: 'https://127.0.0.1:1' });
    assert.match(findingText(bad, 'public address'), /^fail \| .*did not answer: bad port \| Check PUBLIC_BASE_URL/);
    assert.match(
      findingText(await look({ PORT: free }), 'public address'),
      /^skipped \| nothing is listening at http:\/\/localhost:\d+ \(PORT\): start the bot \(npm start\), or set PORT to its port, then run this again/,
    );
    const website = await look({ WEBSITE_HOSTNAME: `127.0.0.1:${free}` });
    assert.match(
      findingText(website, 'public address'),
      /^fail \| https:\/\/127.* \| Start the bot \(npm start\), or check the tunnel or App Service at WEBSITE_HOSTNAME/,
    );
  });

  it('reports an untrusted certificate, there and at the model', async (t) => {
    const files = makeCertificate('localhost');
    if (files === undefined) return t.skip('there is no openssl');
    t.after(() => files.close());
    const url = await startTlsFront(t, 'http://127.0.0.1:9', files);
    const only = [...ADDRESS, 'model address'];
    const findings = await examined({ PUBLIC_BASE_URL: url, AZURE_OPENAI_ENDPOINT: url }, { only });
    for (const name of ['public address', 'model address'])
      assert.match(findingText(findings, name), /^fail \| .*: DEPTH_ZERO_SELF_SIGNED_CERT \| .*NODE_EXTRA_CA_CERTS/);
  });

  it("reports that something else responds, or a tunnel's own page", async (t) => {
    const url = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<h1>You are about to visit</h1>');
    });
    assert.match(
      findingText(await look({ PUBLIC_BASE_URL: url }), 'public address'),
      /^fail \| .*\/health: 200 text\/html, which is not .* \| Something else answers there: check PUBLIC_BASE_URL/,
    );
    const { port } = new URL(url);
    assert.match(
      findingText(await look({ PORT: port }), 'public address'),
      /^fail \| http:\/\/localhost:\d+\/health: 200 .* \| Another program uses this port: stop it, or set PORT to that of the bot/,
    );
  });

  it('reports another program on the port of the bot, whatever it answers', async (t) => {
    const health: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"status":"ok"}');
    };
    const notHttp: RequestListener = ({ socket }) => void socket.end('220 ready\r\n');
    const silent: RequestListener = ({ socket }) => void socket.destroy();
    for (const [listener, answer] of [
      [health, '200 application/json'],
      [notHttp, 'Response does not match the HTTP/1.1 protocol'],
      [silent, 'UND_ERR_SOCKET'],
    ] as const) {
      const url = new URL(await serve(t, listener));
      const findings = await look({ PORT: url.port });
      const text = findingText(findings, 'public address');
      assert.match(text, /^fail \| http:\/\/localhost:\d+.*which is not the bot's answer/);
      assert.ok(text.includes(answer), text);
      assert.ok(text.endsWith(' | Another program uses this port: stop it, or set PORT to that of the bot.'), text);
      assert.match(findingText(findings, 'messages route'), /^skipped/);
    }
    const named = await look({ PUBLIC_BASE_URL: await serve(t, health) });
    assert.match(
      findingText(named, 'public address'),
      /^fail \| .*not the bot's answer \| Something else answers there/,
    );
  });

  it('reports a redirect, and shows only the host of its target', async (t) => {
    const url = await serve(t, (_request, response) => {
      response.writeHead(302, { location: 'https://login.example.com/authorize?state=secret-state' });
      response.end();
    });
    const findings = await look({ PUBLIC_BASE_URL: url });
    assert.match(
      findingText(findings, 'public address'),
      /^fail \| .* redirects to https:\/\/login\.example\.com \(302\) \| Set PUBLIC_BASE_URL/,
    );
    assert.ok(!JSON.stringify([...findings]).includes('secret-state'));
  });

  it('reports a proxy that keeps Teams from showing the player', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    for (const [change, complaint] of [
      [
        (headers: Record<string, string>) => void Object.assign(headers, { 'x-frame-options': 'DENY' }),
        /an X-Frame-Options \|/,
      ],
      [
        (headers: Record<string, string>) => void delete headers['content-security-policy'],
        /a changed Content-Security-Policy/,
      ],
      [(headers: Record<string, string>) => void delete headers['x-content-type-options'], /no X-Content-Type-Options/],
    ] as const) {
      const url = await serveBehind(t, bot.url, change);
      const findings = await look({ PUBLIC_BASE_URL: url });
      assert.match(
        findingText(findings, 'player page'),
        /^fail \| the player page arrives with .* \| Configure the proxy or tunnel/,
      );
      assert.match(findingText(findings, 'player page'), complaint);
    }
  });

  it('reports a connection that breaks after the first answer', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    const url = await serve(t, async ({ url: path = '', socket }, response) => {
      if (path !== '/health') return void socket.destroy();
      response.end(await (await fetch(`${bot.url}/health`)).text());
    });
    for (const [env, fix] of [
      [
        { PUBLIC_BASE_URL: url },
        /Start the bot \(npm start\), or check the tunnel or App Service at PUBLIC_BASE_URL\.$/,
      ],
      [{ PORT: new URL(url).port }, /Start the bot \(npm start\)\.$/],
    ] as const) {
      const findings = await look(env);
      for (const name of ['player page', 'messages route']) {
        assert.match(findingText(findings, name), /^fail \| http.* did not answer: UND_ERR_SOCKET \| Start/);
        assert.match(findingText(findings, name), fix);
      }
    }
  });

  it('reports a login in front of the messages route', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    const url = await serve(t, async ({ method = '', url: path = '' }, response) => {
      const answer = await fetch(`${bot.url}${path}`, { method: method === 'POST' ? 'GET' : method });
      response.writeHead(method === 'POST' ? 401 : answer.status, Object.fromEntries(answer.headers));
      response.end(method === 'HEAD' ? undefined : await answer.text());
    });
    assert.match(
      findingText(await look({ PUBLIC_BASE_URL: url }), 'messages route'),
      /^fail \| POST .*: 401 .*which is not the bot's answer/,
    );
  });
});
