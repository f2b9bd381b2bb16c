import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import { startBot } from '../support/bot.ts';
import { conversationOf, textsOf } from './timed-bot.ts';

const SHARE = 10;
const SHARED_BY_ALL = 100;

/** A signed bot in Teams, whose channel keeps the bot's calls for Ada waiting until the test lets them go. */
async function started(t: TestContext, turns: string[] = []) {
  const bot = await startBot({ isSigned: true, turns });
  t.after(() => bot.close());
  const held: ServerResponse[] = [];
  bot.connector.rule = (call, response) => {
    if (!conversationOf(call).startsWith('ada')) return undefined;
    held.push(response);
    return 'handled';
  };
  const chat = (person: string, index: number) => ({
    channelId: 'msteams',
    conversation: { id: `${person}-${index}`, conversationType: 'personal' },
    from: { id: `29:${person}`, aadObjectId: `aad-${person}` },
  });
  return {
    bot,
    says: async (person: string, text: string, index = 0, channelId = 'msteams') =>
      (await bot.says(text, { ...chat(person, index), channelId })).status,
    presses: async (person: string) =>
      (await bot.post(bot.message(undefined, { ...chat(person, 0), value: { save: 'a'.repeat(22) } }))).status,
    letGo(): void {
      bot.connector.rule = () => undefined;
      for (const response of held.splice(0)) response.end('{"id":"sent"}');
    },
  };
}

describe('what one person has done beside the turns', { timeout: 30_000 }, () => {
  it('is bounded, in however many conversations, and leaves room for others', async (t) => {
    const { bot, says, presses, letGo } = await started(t, ['Hello']);
    const statuses: number[] = [];
    for (let index = 0; index < 3 * SHARE; index++) statuses.push(await says('ada', '/help', index));
    assert.deepEqual(
      statuses,
      statuses.map((_, index) => (index < SHARE ? 200 : 503)),
    );
    assert.equal(await presses('ada'), 503);
    assert.equal(await says('eve', '/usage'), 200);
    assert.equal(await presses('eve'), 200);
    assert.equal(await says('eve', 'hello', 1), 200);
    const texts = textsOf(await inTime(bot.connector.whenMessages(3)));
    assert.ok(texts.includes(en.audio.gone) && texts.includes('Hello'), String(texts));
    letGo();
  });

  it('is half of all at most where the channel vouches for nobody, in however many conversations', async (t) => {
    const { says, letGo } = await started(t);
    const statuses: number[] = [];
    for (let index = 0; index < SHARED_BY_ALL / 2 + SHARE; index++)
      statuses.push(await says('ada', '/help', index, 'webchat'));
    assert.deepEqual(
      statuses,
      statuses.map((_, index) => (index < SHARED_BY_ALL / 2 ? 200 : 503)),
    );
    for (let index = 0; index < SHARE; index++) assert.equal(await says('eve', '/usage', index), 200);
    letGo();
  });

  it('never refuses the person a /stop, however many commands are still being sent', async (t) => {
    const { says, letGo } = await started(t);
    for (let index = 0; index < SHARE; index++) assert.equal(await says('ada', '/help', index), 200);
    assert.equal(await says('ada', '/help'), 503);
    assert.equal(await says('ada', '/stop'), 200);
    assert.equal(await says('ada', '/help'), 503);
    letGo();
  });

  it('leaves room for others also when it is /stop again and again', async (t) => {
    const { says, letGo } = await started(t);
    for (let index = 0; index < SHARED_BY_ALL; index++) await says('ada', '/stop', index);
    assert.equal(await says('eve', '/stop'), 200);
    assert.equal(await says('eve', '/help'), 200);
    letGo();
  });

  it('makes room again as it ends', async (t) => {
    const { bot, says, letGo } = await started(t);
    for (let index = 0; index < SHARE; index++) assert.equal(await says('ada', '/help', index), 200);
    letGo();
    const giveUp = AbortSignal.timeout(5_000);
    let status = 503;
    while (status === 503 && !giveUp.aborted) status = await says('ada', '/usage', SHARE);
    assert.equal(status, 200);
    await inTime(bot.connector.whenMessages(1));
  });

  it('is counted from when it is taken: many at the same moment are no more', async (t) => {
    const { says, letGo } = await started(t);
    const all = Array.from({ length: 3 * SHARE }, (_, index) => says('ada', '/help', index));
    const statuses = await Promise.all(all);
    assert.equal(statuses.filter((status) => status === 200).length, SHARE);
    letGo();
  });
});
