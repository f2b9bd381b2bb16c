import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { cutOffPair, holds, isCommit, once } from './cut-off.ts';
import { type Chat, startInstance } from './instance.ts';

const LONG = { timeout: 60_000 };
const { delayed } = en.storage;
const WAITING = 'store call failed: retried';

const BEGIN = holds('INSERT INTO conversations AS c (key, version, record, team');
const RESERVE = holds('INSERT INTO spending_reservations');
const SOUND = holds('INSERT INTO audio');
const LOCK = holds('SELECT record, epoch FROM conversations');
const COMPLETE = holds("state = 'completed',");
const SETTLE = holds('DELETE FROM spending_reservations');

describe('a turn whose database is unavailable', LONG, () => {
  const shared = cutOffPair({ env: { DAILY_BUDGET_USD: '1000' } });
  const { clock, restore } = shared;
  const talk = () => ({ ...shared.pair(), chat: shared.pair().chat() });

  /** Makes the outage a long one, as soon as a turn waits for its end. */
  async function lasts(waitingBefore: number) {
    await shared.pair().one.logged(WAITING, waitingBefore + 1);
    clock.jump(10_000);
  }
  const waitingCount = () => shared.pair().one.logs.filter(({ msg }) => msg === WAITING).length;

  /** The whole history is remembered once, and the conversation continues. */
  async function goesOn(chat: Chat, text: string) {
    const { model, one } = shared.pair();
    const before = chat.messages.length;
    await chat.say(one, `after ${text}`);
    assert.equal((await chat.reply(before + 1)).text, `Re: after ${text}`);
    assert.equal(model.contextsFor(text).length, 1);
    const [{ history } = assert.fail()] = model.contextsFor(`after ${text}`);
    assert.deepEqual(
      history.map((line) => line.text),
      [text, `Re: ${text}`],
    );
    await one.logged('turn ended', model.contexts.length);
  }

  for (const [step, cut] of [
    ['while its record is read', () => once('dropRequestAndNetwork', BEGIN)],
    ['when its record was read', () => once('dropResponseAndNetwork', BEGIN)],
    ['while its cost is reserved', () => once('dropRequestAndNetwork', RESERVE)],
    ['when its cost was reserved', () => once('dropResponseAndNetwork', RESERVE, isCommit)],
    ['while its audio is stored', () => once('dropRequestAndNetwork', SOUND)],
    ['when its audio was stored', () => once('dropResponseAndNetwork', SOUND)],
    ['while it is saved', () => once('dropRequestAndNetwork', LOCK)],
    ['when it was saved', () => once('dropResponseAndNetwork', LOCK, isCommit)],
  ] as const) {
    it(`${step} waits, and its user gets a notice`, async () => {
      const { chat, one } = talk();
      const { rule, fired } = cut();
      shared.proxy().rule = rule;
      const waiting = waitingCount();
      await chat.say(one, step);
      await fired;
      assert.equal(chat.messages.length, 0);
      await lasts(waiting);
      assert.equal((await chat.reply(1)).text, delayed);
      restore();
      await chat.reply(2);
      assert.deepEqual(chat.texts, [delayed, `Re: ${step}`]);
      await goesOn(chat, step);
    });
  }

  for (const [step, cut] of [
    ['while it is completed', () => once('dropRequestAndNetwork', COMPLETE)],
    ['when it was completed', () => once('dropResponseAndNetwork', COMPLETE, isCommit)],
    ['while its cost is settled', () => once('dropRequestAndNetwork', SETTLE)],
    ['when its cost was settled', () => once('dropResponseAndNetwork', SETTLE)],
  ] as const) {
    it(`${step} is answered without a notice`, async () => {
      const { chat, one } = talk();
      const { rule, fired } = cut();
      shared.proxy().rule = rule;
      const waiting = waitingCount();
      await chat.say(one, step);
      await fired;
      await chat.reply(1);
      await lasts(waiting);
      restore();
      await goesOn(chat, step);
      assert.deepEqual(chat.texts, [`Re: ${step}`, `Re: after ${step}`]);
    });
  }

  it('while the model answers waits, and its user gets a notice', async () => {
    const { chat, one, model } = talk();
    const waiting = waitingCount();
    await chat.say(one, 'hold on');
    await model.whenHeld('hold on');
    shared.proxy().cut();
    model.release('hold on');
    await lasts(waiting);
    assert.equal((await chat.reply(1)).text, delayed);
    restore();
    await chat.reply(2);
    assert.deepEqual(chat.texts, [delayed, 'Re: hold on']);
    await goesOn(chat, 'hold on');
  });

  it('while its reply is sent is answered without a notice', async (t) => {
    const { chat, one } = talk();
    const waiting = waitingCount();
    t.after(() => {
      one.connector.rule = () => undefined;
    });
    one.connector.rule = ({ body }) => {
      if (body?.type === 'message') shared.proxy().cut();
      return undefined;
    };
    await chat.say(one, 'sent');
    await chat.reply(1);
    one.connector.rule = () => undefined;
    await lasts(waiting);
    restore();
    await goesOn(chat, 'sent');
    assert.deepEqual(chat.texts, ['Re: sent', 'Re: after sent']);
  });

  it('sends nothing more after another instance has claimed it', async (t) => {
    const { chat, one, model, url } = talk();
    await chat.say(one, 'hold fast');
    await model.whenHeld('hold fast');
    shared.proxy().cut();
    // The work of supervision with a job whose heartbeat is missing.
    await (await sharedPostgres()).query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'", url);
    const three = await startInstance(t, url, { simulator: { responder: model.responder } });
    await model.whenHeld('hold fast', 2);
    restore();
    await one.logged('turn lost to another attempt');
    model.release('hold fast');
    await chat.reply(1);
    await one.logged('turn superseded');
    await chat.ask(one, 'after the loss');
    assert.deepEqual(chat.texts, ['Re: hold fast', 'Re: after the loss']);
    assert.equal(model.contextsFor('after the loss')[0]?.history.length, 2);
    await three.close();
  });
});
