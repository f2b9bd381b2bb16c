import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { MicrosoftAppCredentials } from 'botframework-connector';
import { startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

const ending = { kind: 'completed' } as const;

describe('a token request that never completes', () => {
  it('ends the send in time, so that the conversation continues and shutdown is not delayed', async (t) => {
    const original = MicrosoftAppCredentials.prototype.getToken;
    const asked = Promise.withResolvers<void>();
    MicrosoftAppCredentials.prototype.getToken = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    t.after(() => {
      MicrosoftAppCredentials.prototype.getToken = original;
    });
    const openId = await startOpenIdServer();
    t.after(() => openId[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const bot = await startBot({ env: openId.env, turns: ['One'], deps: { clock } });
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    assert.equal((await bot.post(bot.message('hello'), { authorization })).status, 200);
    await asked.promise;
    const closed = bot.close();
    let isClosed = false;
    void closed.finally(() => {
      isClosed = true;
    });
    while (!isClosed) await clock.advance(10_000);
    await closed;
    assert.ok(bot.logs.some(({ msg }) => msg === 'reply not sent'));
  });
});

describe('a key server that never answers', () => {
  it('causes 503 after five seconds, so that the channel delivers the activity again', async (t) => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    const called = once(mute, 'connection');
    await once(mute, 'listening');
    const openId = await startOpenIdServer();
    t.after(() => openId[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const { port } = mute.address() as AddressInfo;
    const env = { ...openId.env, ToBotFromChannelOpenIdMetadataUrl: `http://127.0.0.1:${port}/metadata` };
    const bot = await startBot({ env, deps: { clock } });
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    const answered = bot.post(bot.message('hello'), { authorization });
    const [socket] = await called;
    await clock.advance(5_000);
    assert.equal((await answered).status, 503);
    socket.destroy();
    mute.close();
    await bot.close();
  });
});

describe('the stored form of a queued message', () => {
  it('is small, whatever the activity contained', async (t) => {
    const gate = Promise.withResolvers<void>();
    const bot = await startBot({ turns: [{ outputs: [{ text: 'Hi' }], ending, gate: gate.promise }] });
    t.after(() => bot.close());
    const huge = 'x'.repeat(900_000);
    const from = { id: 'user-1', name: huge, extra: huge.slice(0, 1000) };
    assert.equal((await bot.says('hello', { from })).status, 200);
    gate.resolve();
    const [reply] = await bot.connector.whenMessages(1);
    assert.ok(JSON.stringify(reply?.body).length < 10_000);
    assert.equal(reply?.body.recipient.extra, undefined);
  });
});

describe('an invoke', () => {
  for (const [name, status] of [
    ['composeExtension/submitAction', 501],
    ['adaptiveCard/action', 400],
    ['made/up', 501],
  ] as const) {
    it(`named ${name} without a value is answered ${status}, and the bot keeps working`, async (t) => {
      const bot = await startBot();
      t.after(() => bot.close());
      const response = await bot.post({ ...bot.message(undefined), type: 'invoke', name, channelId: 'msteams' });
      assert.equal(response.status, status);
      assert.ok(!bot.logs.some(({ level }) => level === 'error'));
    });
  }
});

describe('the log', () => {
  it('does not repeat the parts of a message that the service quotes', async (t) => {
    const error = { type: 'invalid_request_error', code: 'invalid_value', message: "Invalid value: 'my secret words'" };
    const bot = await startBot({ turns: [{ outputs: [], ending: { kind: 'reject', error } }] });
    t.after(() => bot.close());
    await bot.says('my secret words');
    await bot.connector.whenMessages(1);
    const daily = bot.logs.filter(({ level }) => level !== 'debug' && level !== 'trace');
    assert.ok(daily.length > 0);
    assert.doesNotMatch(JSON.stringify(daily), /secret words/);
  });
});

describe('a message that the service rejects', () => {
  it('leaves the earlier history in place', async (t) => {
    const error = { type: 'invalid_request_error', code: 'invalid_value', message: 'no' };
    const reject = { outputs: [], ending: { kind: 'reject', error } } as const;
    const bot = await startBot({ turns: ['a', 'b', 'c', 'd', reject, reject, reject, 'e'] });
    t.after(() => bot.close());
    for (const [index, text] of ['1', '2', '3', '4', 'bad', 'bad', 'bad', '5'].entries()) {
      await bot.says(text);
      await bot.connector.whenMessages(index + 1);
    }
    const told = bot.script.contexts.at(-1)?.history.filter(({ role }) => role === 'user') ?? [];
    assert.deepEqual(
      told.map(({ text }) => text),
      ['1', '2', '3', '4'],
    );
  });
});
