import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Chat } from '../dev/chat-process.ts';
import { startBotProcess } from '../support/bot-process.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { startScriptedHttp } from '../tools/scripted-http.ts';

const skip = 'setGlobalProxyFromEnv' in http ? false : 'this Node cannot';

/** An MCP server that is reachable only through the proxy, as https://mcp.test. */
async function startNetwork(t: TestContext) {
  const certificate = makeCertificate('mcp.test', 'excepted.test');
  if (certificate === undefined) return undefined;
  const mcp = await startScriptedHttp();
  const front = await startTlsFront(certificate, () => mcp.port);
  const proxy = await startConnectProxy((target) => (target.endsWith('.test:443') ? front.port : { status: 502 }));
  t.after(async () => {
    for (const part of [proxy, front, mcp]) await part[Symbol.asyncDispose]();
    certificate.close();
  });
  const config = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'mcp.json');
  const servers = { shop: { url: 'https://mcp.test/mcp' }, direct: { url: 'https://excepted.test/mcp' } };
  await writeFile(config, JSON.stringify({ mcpServers: servers }));
  const env = {
    AZURE_OPENAI_ENDPOINT: 'https://model.invalid',
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'test-key',
    MCP_CONFIG: config,
    HTTPS_PROXY: `http://user:a-secret@${new URL(proxy.url).host}`,
    NO_PROXY: 'excepted.test',
    NODE_EXTRA_CA_CERTS: certificate.certPath,
  };
  return { env, mcp, proxy };
}

describe('an MCP server in a network with a proxy', { timeout: 60_000 }, () => {
  it('is reached through HTTPS_PROXY, unless NO_PROXY names its host', { skip }, async (t) => {
    const network = await startNetwork(t);
    if (network === undefined) return t.skip('there is no openssl');
    const { env, mcp, proxy } = network;
    await using bot = startBotProcess({ ...env, PORT: '0' });
    const logged = (server: string, msg: string) =>
      bot.whenLogged((line) => line['server'] === server && line['msg'] === msg);
    await logged('shop', 'tools listed');
    // The host exists behind the proxy only.
    const down = await logged('direct', 'MCP server not connected');
    assert.match(String(down['reason']), /^(?:ENOTFOUND|EAI_AGAIN)$/);
    assert.ok(mcp.requests.length > 0);
    const targets = new Set(proxy.tunnels.map(({ target }) => target).filter((target) => target.endsWith('.test:443')));
    assert.deepEqual([...targets], ['mcp.test:443']);
    assert.doesNotMatch(bot.stdout + bot.stderr, /a-secret/);
  });

  it('is reached through HTTPS_PROXY by the chat in a terminal, too', { skip }, async (t) => {
    const network = await startNetwork(t);
    if (network === undefined) return t.skip('there is no openssl');
    const { env, mcp } = network;
    const listed = Promise.withResolvers<void>();
    mcp.intercept = ({ rpc }) => {
      if (rpc === 'tools/list') listed.resolve();
      return false;
    };
    const chat = new Chat(t, env, { args: [] });
    await listed.promise;
    chat.closeInput();
    assert.equal(await chat.ended(), 0);
    assert.doesNotMatch(chat.stdout + chat.stderr, /a-secret/);
  });
});
