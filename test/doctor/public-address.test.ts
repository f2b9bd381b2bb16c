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

/** Stands before the bot and changes its answers, or adds to what it is asked. */
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

describe('the doctor at the public address', () => {
  it('finds the bot, with its headers, and that it asks for a token', async (t) => {
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

  it('tells a bot with an app id from one without', async (t) => {
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

  it('prints the command that shows the endpoint that Azure has, where the bot has an app id', async () => {
    const command = 'az bot show --resource-group <group> --name <bot> --query properties.endpoint --output tsv';
    const endpointOf = async (env: Env) => findingText(await look(env), 'bot endpoint');
    const named = await endpointOf({ ...IDENTITY, PUBLIC_BASE_URL: 'https://127.0.0.1:9' });
    assert.ok(named.startsWith('skipped | not checked: compare https://127.0.0.1:9/api/messages with'), named);
    for (const text of [named, await endpointOf({ ...IDENTITY })]) assert.ok(text.endsWith(command), text);
    assert.match(await endpointOf({}), /^skipped \| MicrosoftAppId is not set/);
  });

  it('knows that a bot without an app id refuses what a tunnel forwards', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    const tunnel = await serveBehind(t, bot.url, () => {}, { 'x-forwarded-for': '203.0.113.7' });
    assert.match(
      findingText(await look({ PUBLIC_BASE_URL: tunnel }), 'messages route'),
      /^pass \| a message from another machine is refused \(403\)/,
    );
  });

  it('says that no bot runs', async () => {
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
    assert.match(findingText(await look({ ...IDENTITY }), 'public address'), /^skipped \| PUBLIC_BASE_URL is not set/);
  });

  it('sees a certificate that nobody vouches for, there and at the model', async (t) => {
    const files = makeCertificate('localhost');
    if (files === undefined) return t.skip('there is no openssl');
    t.after(() => files.close());
    const url = await startTlsFront(t, 'http://127.0.0.1:9', files);
    const only = [...ADDRESS, 'model address'];
    const findings = await examined({ PUBLIC_BASE_URL: url, AZURE_OPENAI_ENDPOINT: url }, { only });
    for (const name of ['public address', 'model address'])
      assert.match(findingText(findings, name), /^fail \| .*: DEPTH_ZERO_SELF_SIGNED_CERT \| .*NODE_EXTRA_CA_CERTS/);
  });

  it('sees that something else answers, or a page of a tunnel', async (t) => {
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

  it('sees a redirect, and shows nothing of where to but its host', async (t) => {
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

  it('sees a proxy that keeps Teams from showing the player', async (t) => {
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

  it('sees a login before the route of the messages', async (t) => {
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
