import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot } from '../support/bot.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

describe('a channel that echoes what it received', () => {
  it("puts neither the bot's token nor the text of the answer into the log", async () => {
    await using openId = await startOpenIdServer();
    await using bot = await startBot({ env: openId.env, turns: ['A marked answer'] });
    bot.connector.rule = ({ authorization, body }) => {
      const message = `${authorization} ${JSON.stringify(body)}`;
      return { status: 400, body: { error: { code: 'BadSyntax', message } } };
    };
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    assert.equal((await bot.post(bot.message('hello'), { authorization })).status, 200);
    await bot.connector.when(({ body }) => body?.type === 'message');
    await bot.close();
    assert.ok(bot.connector.calls.some((call) => call.authorization?.includes(openId.outboundToken)));
    const log = JSON.stringify(bot.logs);
    assert.match(log, /reply not sent/);
    assert.match(log, /"statusCode":400/);
    for (const secret of [openId.outboundToken, authorization, 'A marked answer', 'Bearer'])
      assert.ok(!log.includes(secret), secret);
  });
});
