import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { preparedDatabase } from '../database/open-database.ts';
import { type BotUnderTest, samplesOf } from '../support/bot.ts';
import { startInstance } from './instance.ts';

const PCM = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251));
const LONG = { timeout: 60_000 };

const spoken = (text: string) => ({ outputs: [{ text, pcm: PCM }], ending: { kind: 'completed' } }) as const;

/** The newest message that a bot has sent, once there are this many. */
async function reply(bot: BotUnderTest, count: number) {
  const messages = await bot.connector.whenMessages(count);
  return messages[count - 1]?.body;
}

describe('two instances on one database', LONG, () => {
  it("serve each other's audio, whole and in ranges, until it is forgotten", async (t) => {
    const url = await preparedDatabase();
    const one = await startInstance(t, url, { turns: [spoken('Hi there')] });
    // It runs no turns, so that the other one answers.
    const two = await startInstance(t, url, { env: { DISPATCH: 'false' } });
    await one.says('hello');
    const { pathname } = new URL((await reply(one, 1))?.attachments[0].contentUrl);
    const get = (bot: BotUnderTest, init?: RequestInit, path = pathname) => fetch(bot.url + path, init);

    const wav = Buffer.from(await (await get(two)).arrayBuffer());
    assert.ok(samplesOf(wav).equals(PCM));
    const parts: Buffer[] = [];
    for (let start = 0; start < wav.byteLength; start += 150_000) {
      const bot = parts.length % 2 === 0 ? one : two;
      const part = await get(bot, { headers: { range: `bytes=${start}-${start + 149_999}` } });
      assert.equal(part.status, 206);
      parts.push(Buffer.from(await part.arrayBuffer()));
    }
    assert.ok(Buffer.concat(parts).equals(wav));
    const heads = [await get(one, { method: 'HEAD' }), await get(two, { method: 'HEAD' })];
    assert.equal(heads[0]?.headers.get('etag'), heads[1]?.headers.get('etag'));
    assert.match(await (await get(two, {}, pathname.replace('.wav', ''))).text(), /Hi there/);

    await two.says('/forget yes', { id: 'forget' });
    assert.equal((await reply(two, 1))?.text, en.commands.forgotten(undefined));
    for (const bot of [one, two]) {
      assert.equal((await get(bot)).status, 404);
      assert.equal((await get(bot, { method: 'HEAD' })).status, 404);
    }
  });

  it('share their limits over a restart, and a user has one budget in all conversations', async (t) => {
    const url = await preparedDatabase();
    const env = { PERSON_DAILY_BUDGET_USD: '0.06', REALTIME_MAX_OUTPUT_TOKENS: '300' };
    const counts: number[] = [];
    for (const run of ['first', 'second']) {
      const bot = await startInstance(t, url, { simulator: { responder: () => spoken('Yes') }, hasAppId: true, env });
      const ask = async (count: number, name: string) => {
        const conversation = { id: `${run}-${name}-${count}`, conversationType: 'groupChat', tenantId: 't' };
        const from = { id: `29:${name}`, aadObjectId: name, name };
        await bot.says('hello', { channelId: 'msteams', id: `${run}-${name}-${count}`, from, conversation });
        const messages = await bot.connector.whenMessages(count);
        return messages[count - 1]?.body.text;
      };
      let count = 1;
      while ((await ask(count, 'ada')) !== en.limits.person) assert.ok(count++ < 20, 'it never ends');
      counts.push(count);
      const warnings = bot.logs.filter(({ msg }) => msg === '80 % of budget spent or reserved');
      assert.equal(warnings.length, run === 'first' ? 1 : 0);
      assert.equal(await ask(count + 1, 'bob'), 'Yes');
      await bot.close();
    }
    const [first = 0, second] = counts;
    assert.ok(first > 1);
    assert.equal(second, 1);
  });
});
