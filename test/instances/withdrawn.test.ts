import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sharedPair } from './pair.ts';

const LONG = { timeout: 60_000, concurrency: true };

/** A channel's activity for a message with this id that its user deleted or edited. */
const changed = (type: string, eventType: string, id: string) => ({ type, id, channelData: { eventType } });
const deleted = (id: string) => changed('messageDelete', 'softDeleteMessage', id);

describe('a withdrawn message whose deletion arrives at another instance', LONG, () => {
  const pair = sharedPair();
  const talk = () => ({ ...pair(), chat: pair().chat() });

  it('is not answered while it is queued, nor when it is delivered again', async () => {
    const { one, two, model, chat } = talk();
    await chat.say(one, 'hold the waiting');
    await model.whenHeld('hold the waiting');
    const id = await chat.say(one, 'secret that waits');
    await chat.say(two, undefined, deleted(id));
    await chat.say(two, 'next to wait'); // An instance handles the activities of a conversation one after another.
    model.release('hold the waiting');
    await chat.say(one, 'secret that waits', { id });
    await chat.reply(2);
    assert.deepEqual(chat.texts, ['Re: hold the waiting', 'Re: next to wait']);
    assert.equal(model.contextsFor('secret that waits').length, 0);
  });

  it('is not answered when it arrives after its deletion', async () => {
    const { one, two, model, chat } = talk();
    await chat.say(two, undefined, deleted('late'));
    await chat.ask(two, 'first');
    await chat.say(one, 'secret that is late', { id: 'late' });
    await chat.ask(one, 'next to the late');
    assert.deepEqual(chat.texts, ['Re: first', 'Re: next to the late']);
    assert.equal(model.contextsFor('secret that is late').length, 0);
  });

  it('is answered while it runs, and not remembered', async () => {
    const { one, two, model, chat } = talk();
    const id = await chat.say(one, 'hold a secret');
    await model.whenHeld('hold a secret');
    await chat.say(two, undefined, deleted(id));
    await chat.say(two, 'next to run');
    model.release('hold a secret');
    await chat.reply(2);
    assert.deepEqual(chat.texts, ['Re: hold a secret', 'Re: next to run']);
    assert.deepEqual(model.contextsFor('next to run')[0]?.history, []);
  });

  it('is removed from the history with its answer, and its session is closed', async () => {
    const { one, two, model, chat } = talk();
    const id = await chat.say(one, 'secret that was told');
    await chat.reply(1);
    await chat.ask(one, 'next to the told');
    await chat.say(two, undefined, deleted(id));
    await chat.ask(two, 'what was it?');
    assert.deepEqual(
      model.contextsFor('what was it?')[0]?.history.map(({ text }) => text),
      ['next to the told', 'Re: next to the told'],
    );
    const sessions = ['secret that was told', 'next to the told', 'what was it?'].map(
      (text) => model.contextsFor(text)[0]?.sessionId,
    );
    assert.equal(sessions[0], sessions[1]);
    assert.notEqual(sessions[1], sessions[2]);
    assert.equal(chat.messages.length, 3);
  });

  it('starts no second turn, and neither does an edited one', async () => {
    const { one, two, model, chat } = talk();
    const id = await chat.say(one, 'edited once');
    await chat.reply(1);
    await chat.say(two, 'edited twice', changed('messageUpdate', 'editMessage', id));
    await chat.ask(two, 'next to the edited');
    assert.equal(model.contextsFor('edited twice').length, 0);
    assert.equal(chat.messages.length, 2);
  });
});
