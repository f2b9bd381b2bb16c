import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { cutOffPair, holds, isCommit, once } from './cut-off.ts';
import type { Chat } from './instance.ts';

const LONG = { timeout: 60_000 };
const STORE = holds('INSERT INTO voice_bot_queue');
const EDIT = holds('UPDATE conversations SET record');

describe('a database that is unavailable when a message arrives', LONG, () => {
  const shared = cutOffPair();
  const { clock, restore } = shared;
  const talk = () => ({ ...shared.pair(), chat: shared.pair().chat() });

  async function isStored(chat: Chat): Promise<boolean> {
    const sql = `SELECT 1 FROM voice_bot_queue.job WHERE singleton_key LIKE '%${chat.id}'`;
    return (await (await sharedPostgres()).query(sql, shared.pair().url)).length > 0;
  }

  /** The channel delivers it again, as it does after a 503. */
  async function isAnsweredOnce(chat: Chat, id: string) {
    const { one, two, model } = shared.pair();
    await chat.say(one, id, { id });
    assert.equal((await chat.reply(1)).text, `Re: ${id}`);
    await chat.say(two, id, { id });
    await chat.ask(two, `after ${id}`);
    assert.deepEqual(chat.texts, [`Re: ${id}`, `Re: after ${id}`]);
    assert.equal(model.contextsFor(id).length, 1);
  }

  for (const [step, fits] of [
    ['the transaction begins', holds('BEGIN')],
    ['the message is stored', STORE],
  ] as const) {
    it(`is retried for 5 s while ${step}, and stores nothing of a rejected message`, async () => {
      const { chat, one } = talk();
      const proxy = shared.proxy();
      const { rule, fired } = once('hangAll', (statement) => statement.isFromStore && fits(statement));
      proxy.rule = rule;
      const id = `frozen as it ${step}`;
      const response = chat.post(one, id, { id });
      await fired;
      clock.jump(5_000);
      assert.equal((await response).status, 503);
      restore();
      assert.equal(await isStored(chat), false);
      await isAnsweredOnce(chat, id);
    });
  }

  it('may have stored a rejected message, which is still answered once', async () => {
    const { chat, one } = talk();
    const { rule, fired } = once('hangAll', STORE, isCommit);
    shared.proxy().rule = rule;
    const response = chat.post(one, 'frozen', { id: 'frozen' });
    await fired;
    clock.jump(5_000);
    assert.equal((await response).status, 503);
    restore();
    await isAnsweredOnce(chat, 'frozen');

    const next = talk();
    shared.proxy().rule = once('dropResponseAndNetwork', STORE, isCommit).rule;
    assert.equal((await next.chat.post(one, 'done', { id: 'done' })).status, 503);
    assert.equal(await isStored(next.chat), true);
    restore();
    await isAnsweredOnce(next.chat, 'done');
  });

  it('causes an immediate rejection if no retry is possible', async () => {
    const { chat, one } = talk();
    shared.proxy().cut();
    const status = async () => (await chat.post(one, 'cut', { id: 'cut' })).status;
    assert.equal(await status(), 503);
    clock.jump(10_000);
    assert.equal(await status(), 503);
    restore();
    assert.equal(await isStored(chat), false);
    await chat.say(one, 'cut', { id: 'cut' });
    await chat.reply(1);
    assert.deepEqual(chat.texts, ['Re: cut']);
  });

  it('executes a command once, or not at all', async () => {
    const { two, one } = shared.pair();
    for (const fate of ['dropRequestAndNetwork', 'dropResponseAndNetwork'] as const) {
      const { chat } = talk();
      await chat.ask(one, `before ${fate}`);
      shared.proxy().rule = once(fate, EDIT, isCommit).rule;
      const reset = () => chat.post(one, '/reset', { id: 'reset' });
      assert.equal((await reset()).status, 503);
      restore();
      await chat.ask(two, `between ${fate}`);
      assert.equal((await reset()).status, 200);
      if (fate === 'dropRequestAndNetwork') assert.equal((await chat.reply(3)).text, en.commands.reset(undefined));
      await chat.ask(two, `after ${fate}`);
      const asked = shared.pair().model.contextsFor(`after ${fate}`);
      // Messages after the completed reset stay.
      assert.equal(asked[0]?.history.length, fate === 'dropRequestAndNetwork' ? 0 : 2);
      assert.equal(chat.messages.length, fate === 'dropRequestAndNetwork' ? 4 : 3);
    }
  });

  it('loses and duplicates nothing if it is restarted or crashes', async () => {
    const { one, two, model } = shared.pair();
    const server = await sharedPostgres();
    const chats = Array.from({ length: 6 }, () => talk().chat);
    const texts = chats.map((_, index) => `hold ${index}`);
    for (const how of [undefined, 'crash'] as const) {
      for (const [index, chat] of chats.entries()) {
        const text = `${texts[index]} ${how}`;
        await chat.say(index % 2 === 0 ? one : two, text);
        await model.whenHeld(text);
        await chat.say(index % 2 === 0 ? two : one, `behind ${index} ${how}`);
      }
      await server.stop(how);
      for (const text of texts) model.release(`${text} ${how}`);
      await one.logged('store call failed: retried');
      await server.start();
      clock.jump(5_000);
      for (const chat of chats) await chat.reply(how === undefined ? 2 : 4);
    }
    for (const [index, chat] of chats.entries()) {
      const said = ['undefined', 'crash'].flatMap((how) => [`hold ${index} ${how}`, `behind ${index} ${how}`]);
      assert.deepEqual(
        chat.texts,
        said.map((text) => `Re: ${text}`),
      );
    }
    const asked = model.contexts.filter(({ text }) => /^(hold|behind) \d/.test(text));
    assert.equal(asked.length, 4 * chats.length);
  });
});
