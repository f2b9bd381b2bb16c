import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { startBotProcess } from '../support/bot-process.ts';
import { type RawModel, type Refusal, startRawModel } from '../support/raw-model.ts';

async function start(t: TestContext, model: RawModel) {
  const bot = startBotProcess({
    AZURE_OPENAI_ENDPOINT: model.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime',
    AZURE_OPENAI_API_KEY: 'a-secret-key',
    LOG_LEVEL: 'debug',
    PORT: '0',
  });
  t.after(() => bot[Symbol.asyncDispose]());
  return { bot, url: new URL(await bot.whenListening()).origin };
}

describe('the model check at the start', { concurrency: 2 }, () => {
  for (const [name, refusal, error] of [
    ['does not know the deployment', { status: 404 }, /deployment/],
    ['refuses the key', { status: 401 }, /key|token|credentials/],
  ] as const satisfies readonly (readonly [string, Refusal, RegExp])[]) {
    it(`gives advice for a service that ${name}, and the bot keeps serving`, async (t) => {
      const model = await startRawModel([]);
      t.after(() => model.close());
      model.refusals.push(refusal);
      const { bot, url } = await start(t, model);
      const line = await bot.whenLogged(({ msg }) => String(msg).startsWith('model unreachable'));
      assert.equal(line['level'], 'error');
      assert.equal(line['fix'], 'run npm run doctor');
      assert.match(JSON.stringify(line['err']), error);
      assert.equal((await fetch(`${url}/health`)).status, 200);
      assert.doesNotMatch(bot.stdout, /secret/);
    });
  }

  it('ignores a model that is also starting, requests no response, and closes its connection', async (t) => {
    const model = await startRawModel([], [{ type: 'session.created', session: { id: 'sess_1', type: 'realtime' } }]);
    t.after(() => model.close());
    model.refusals.push({ status: 503 });
    const { bot } = await start(t, model);
    await bot.whenLogged(({ msg }) => msg === 'model reached');
    assert.doesNotMatch(bot.stdout, /model unreachable/);
    const [socket] = model.sockets;
    assert.ok(socket);
    if (socket.readyState !== socket.CLOSED) await new Promise((resolve) => socket.once('close', resolve));
    assert.deepEqual(model.userTexts, [[]]);
    assert.equal(model.sockets.length, 1);
  });
});
