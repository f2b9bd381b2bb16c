import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { makeTrustedCertificate } from '../support/trusted.ts';
import { inTime } from './gathered.ts';

/** Only the proxy can resolve it. */
const MODEL_HOST = 'resource.model.test';
const certificate = makeTrustedCertificate(MODEL_HOST);
const skip = certificate === undefined ? 'there is no openssl' : false;
const spoken = { outputs: [{ text: 'Hi there', pcm: Buffer.alloc(9_600) }], ending: { kind: 'completed' } } as const;

interface Behind {
  readonly bot: BotUnderTest;
  readonly proxy: ConnectProxy;
}

/** A bot whose model is behind a proxy. */
async function startBehindProxy(
  t: TestContext,
  env: (proxyUrl: string) => Record<string, string>,
  turns = [spoken],
): Promise<Behind> {
  if (certificate === undefined) throw new Error('there is no certificate');
  let modelPort = 0;
  const front = await startTlsFront(certificate, () => modelPort);
  const proxy = await startConnectProxy(() => front.port);
  const bot = await startBot({ turns, env: { AZURE_OPENAI_ENDPOINT: `https://${MODEL_HOST}`, ...env(proxy.url) } });
  modelPort = Number(new URL(bot.simulator.url).port);
  t.after(async () => {
    await bot.close();
    await proxy[Symbol.asyncDispose]();
    await front[Symbol.asyncDispose]();
  });
  return { bot, proxy };
}

async function answerOf(bot: BotUnderTest): Promise<string> {
  await bot.says('hello', { channelId: 'directline' });
  const messages = await inTime(bot.connector.whenMessages(1));
  return messages[0]?.body.text;
}

describe('a proxy', { skip, timeout: 60_000 }, () => {
  after(() => certificate?.close());

  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'HTTP_PROXY']) {
    it(`is used for the model's socket if ${name} is set`, async (t) => {
      const { bot, proxy } = await startBehindProxy(t, (url) => ({ [name]: url }));
      assert.equal(await answerOf(bot), 'Hi there');
      assert.deepEqual(
        proxy.tunnels.map(({ target }) => target),
        [`${MODEL_HOST}:443`],
      );
    });
  }

  it('is not used for a host of NO_PROXY', async (t) => {
    const { bot, proxy } = await startBehindProxy(t, (url) => ({ HTTPS_PROXY: url, NO_PROXY: '.model.test' }), []);
    assert.notEqual(await answerOf(bot), 'Hi there');
    assert.deepEqual(proxy.tunnels, []);
  });

  it('is not used for a model and a channel on this machine', async (t) => {
    await using proxy = await startConnectProxy(() => ({ status: 502 }));
    // The client of botbuilder reads the variable.
    process.env['HTTPS_PROXY'] = proxy.url;
    t.after(() => delete process.env['HTTPS_PROXY']);
    const bot = await startBot({ turns: [spoken], env: { HTTPS_PROXY: proxy.url } });
    t.after(() => bot.close());
    assert.equal(await answerOf(bot), 'Hi there');
    assert.deepEqual(proxy.tunnels, []);
  });

  for (const status of [407, 502]) {
    it(`is logged without its password if it answers ${status}`, async (t) => {
      const withPassword = (url: string) => ({ HTTPS_PROXY: `http://user:a-secret@${new URL(url).host}` });
      const { bot, proxy } = await startBehindProxy(t, withPassword, []);
      proxy.rule = () => ({ status });
      assert.notEqual(await answerOf(bot), 'Hi there');
      const logs = JSON.stringify(bot.logs);
      assert.match(
        logs,
        new RegExp(`the proxy 127\\.0\\.0\\.1:${proxy.port} answered ${status} for ${MODEL_HOST}:443`),
      );
      assert.doesNotMatch(logs, /a-secret/);
    });
  }
});
