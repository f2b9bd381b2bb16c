import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { PERSONAL } from '../support/file-service.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { cutOffPair, holds } from './cut-off.ts';
import { ANSWERS_NOTHING, Chat, startInstance } from './instance.ts';
import { startPair } from './pair.ts';

const LONG = { timeout: 60_000 };

describe('an instance that shuts down', LONG, () => {
  it('leaves running and queued turns to the other one, at once and in order', async (t) => {
    const { one, two, model, url } = await startPair(t, {
      one: { env: { DRAIN_SECONDS: '0' } },
      two: ANSWERS_NOTHING,
    });
    await startInstance(t, url, { simulator: { responder: model.responder } });
    const chats = Array.from({ length: 4 }, () => new Chat(two));
    for (const [index, chat] of chats.entries()) {
      await chat.say(two, `hold ${index}`);
      await model.whenHeld(`hold ${index}`);
      for (const text of ['then', 'last']) await chat.say(index % 2 === 0 ? one : two, `${text} ${index}`);
    }
    await one.app.close();
    for (const index of chats.keys()) model.release(`hold ${index}`);
    for (const [index, chat] of chats.entries()) {
      await chat.reply(3);
      assert.deepEqual(
        chat.texts,
        ['hold', 'then', 'last'].map((text) => `Re: ${text} ${index}`),
      );
    }
  });
});

describe('a turn on one instance after a command on the other', LONG, () => {
  const shared = cutOffPair();
  const talk = () => ({ ...shared.pair(), chat: shared.pair().chat() });

  for (const [command, said, confirmation] of [
    ['/reset', 0, en.commands.reset(undefined)],
    ['/forget yes', 0, en.commands.forgotten(undefined)],
  ] as const) {
    it(`writes nothing after ${command}, and is recorded as answered`, async () => {
      const { chat, one, two, model, url } = talk();
      const text = `hold before ${command}`;
      const before = await chat.say(one, 'before');
      await chat.reply(1);
      const id = await chat.say(one, text);
      await model.whenHeld(text);
      const ended = await one.logged('turn ended', 0);
      assert.equal((await chat.ask(two, command)).text, confirmation);
      model.release(text);
      await one.logged('turn ended', ended.length + 1);
      const count = chat.messages.length;
      for (const bot of [one, two]) {
        await chat.say(bot, 'before', { id: before });
        await chat.say(bot, text, { id });
      }
      // Their jobs are no longer stored: the record has their ids.
      await (await sharedPostgres()).query("DELETE FROM voice_bot_queue.job WHERE name = 'turns'", url);
      await chat.say(two, text, { id });
      await chat.ask(two, `after ${command}`);
      assert.equal(chat.messages.length, count + 1);
      assert.equal(model.contextsFor(`after ${command}`)[0]?.history.length, said);
      assert.equal(model.contextsFor(text).length, 1);
    });
  }

  it('is stopped when the instance listens again after it missed the command', async () => {
    const { chat, one, two, model } = talk();
    await chat.say(one, 'hold what is stopped');
    await model.whenHeld('hold what is stopped');
    await chat.say(one, 'waits behind it');
    const proxy = shared.proxy();
    proxy.rule = (statement) => (holds('LISTEN')(statement) ? 'dropResponse' : 'pass');
    proxy.break(holds('LISTEN'));
    assert.equal((await chat.ask(two, '/stop')).text, en.commands.stopped(1));
    shared.restore();
    await one.logged('turn ended', model.contexts.length);
    await chat.ask(two, 'after the stop');
    assert.deepEqual(
      chat.texts.filter((text) => text.startsWith('Re:')),
      ['Re: after the stop'],
    );
  });
});

describe('the stream of a turn that moves to another instance', LONG, () => {
  it('is ended by the answering instance by its id', async (t) => {
    const first = { env: { DRAIN_SECONDS: '0' } };
    const { one, two, model, url } = await startPair(t, { one: first });
    const chat = new Chat(two, PERSONAL);
    two.connector.rule = (call) =>
      streamInfo(call)?.['streamSequence'] === 1 ? { status: 201, body: { id: 'stream-7' } } : undefined;
    await chat.say(two, 'hold the stream');
    await model.whenHeld('hold the stream');
    await two.connector.when((call) => streamInfo(call)?.['streamSequence'] === 1);
    // As good as killed for the others: it sends nothing more, and another instance has its claim.
    await (await sharedPostgres()).query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'", url);
    await startInstance(t, url, { simulator: { responder: model.responder } });
    await model.whenHeld('hold the stream', 2);
    model.release('hold the stream');
    const ended = await two.connector.when(({ method, path }) => method === 'PUT' && path.endsWith('/stream-7'));
    assert.match(ended.body.text, /Re: hold the stream/);
    await one.logged('turn superseded').catch(() => {});
    assert.equal(chat.messages.filter(({ text }) => String(text).includes('Re:')).length, 1);
  });
});
