import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import type { WithReplySender } from '../../src/conversation/reply.ts';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import { startBot } from '../support/bot.ts';
import { talk, turn, wayBack } from './recordings-under-test.ts';
import { conversationOf, textsOf } from './timed-bot.ts';

const SHARE = 10;
const SHARED_BY_ALL = 100;

/** An authenticated bot in Teams, whose channel holds the bot's calls for Ada until the test releases them. */
async function started(t: TestContext, turns: string[] = []) {
  const bot = await startBot({ hasAppId: true, turns });
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
    says: async (person: string, text: string, index = 0) => (await bot.says(text, chat(person, index))).status,
    presses: async (person: string) =>
      (await bot.post(bot.message(undefined, { ...chat(person, 0), value: { save: 'a'.repeat(22) } }))).status,
    release(): void {
      bot.connector.rule = () => undefined;
      for (const response of held.splice(0)) response.end('{"id":"sent"}');
    },
  };
}

describe('the side work for one user', { timeout: 30_000 }, () => {
  it('is limited over all conversations, and leaves room for others', async (t) => {
    const { bot, says, presses, release } = await started(t, ['Hello']);
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
    release();
  });
});

/** Conversations whose replies to Ada are held until the test releases them. */
function waiting() {
  const { conversations } = talk();
  const gate = Promise.withResolvers<void>();
  const held: WithReplySender = async (work) => {
    await gate.promise;
    return wayBack().withReplySender(work);
  };
  const says = async (person: string, text: string, index = 0, isVerified = true) => {
    const key = `${person}-${index}`;
    const message = turn(text, { key, personKey: isVerified ? person : key });
    return (await conversations.accept(message, person === 'ada' ? held : wayBack().withReplySender)).kind;
  };
  return { says, release: () => gate.resolve() };
}

describe('the side work by conversation', () => {
  it('is at most half of the total if the channel verifies no identity', async () => {
    const { says } = waiting();
    const kinds: string[] = [];
    for (let index = 0; index < SHARED_BY_ALL / 2 + SHARE; index++)
      kinds.push(await says('ada', '/help', index, false));
    assert.deepEqual(
      kinds,
      kinds.map((_, index) => (index < SHARED_BY_ALL / 2 ? 'accepted' : 'busy')),
    );
    for (let index = 0; index < SHARE; index++) assert.equal(await says('eve', '/usage', index), 'accepted');
  });

  it("never refuses a user's /stop, however many commands are still in progress", async () => {
    const { says } = waiting();
    for (let index = 0; index < SHARE; index++) assert.equal(await says('ada', '/help', index), 'accepted');
    assert.equal(await says('ada', '/help'), 'busy');
    assert.equal(await says('ada', '/stop'), 'accepted');
    assert.equal(await says('ada', '/help'), 'busy');
  });

  it('leaves room for others even if one user repeats /stop', async () => {
    const { says } = waiting();
    for (let index = 0; index < SHARED_BY_ALL; index++) await says('ada', '/stop', index);
    assert.equal(await says('eve', '/stop'), 'accepted');
    assert.equal(await says('eve', '/help'), 'accepted');
  });

  it('frees its place when it ends', async () => {
    const { says, release } = waiting();
    for (let index = 0; index < SHARE; index++) assert.equal(await says('ada', '/help', index), 'accepted');
    assert.equal(await says('ada', '/usage', SHARE), 'busy');
    release();
    await nextTick();
    assert.equal(await says('ada', '/usage', SHARE), 'accepted');
  });

  it('is counted when it is accepted, so that many at the same moment are limited, too', async () => {
    const { says } = waiting();
    const kinds = await Promise.all(Array.from({ length: 3 * SHARE }, (_, index) => says('ada', '/help', index)));
    assert.equal(kinds.filter((kind) => kind === 'accepted').length, SHARE);
  });
});
