import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import type { TurnJob } from '../../src/conversation/queue/turn-queue.ts';
import type { WithReplySender } from '../../src/conversation/reply.ts';
import { StoreError } from '../../src/errors.ts';
import { says } from '../realtime/fake-model.ts';
import { bound, done, HOUR_MS, say, talk, turn, wayBack } from './recordings-under-test.ts';

describe('receiving a message', () => {
  it('shows a typing indicator, and replies', async () => {
    const { conversations } = talk([says('Hi')]);
    const { diary, replies, withReplySender } = wayBack();
    await say(conversations, turn('hello'), withReplySender);
    assert.deepEqual(diary.slice(0, 2), ['shows activity', 'sends Hi']);
    assert.equal(replies[0]?.audio?.wav.length, 48);
  });

  it('recognizes a redelivery for an hour', async () => {
    const { conversations, clock } = talk([says('Hi'), says('Hi again')]);
    const { replies, withReplySender } = wayBack();
    const message = turn('hello');
    await say(conversations, message, withReplySender);
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await conversations.accept(message, withReplySender), { kind: 'duplicate' });
    await clock.advance(2);
    await say(conversations, message, withReplySender);
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['Hi', 'Hi again'],
    );
  });

  it('takes the time from any clock object, even one with state', async () => {
    class Ticking implements Clock {
      #nowMs = 1_000;
      now(): number {
        return this.#nowMs++;
      }
      after(): () => void {
        return () => {};
      }
    }
    const { conversations } = talk([], { clock: new Ticking() });
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn(''), withReplySender);
    assert.equal(replies.length, 1);
  });

  it('refuses users who are not allowed, without asking the model', async () => {
    const { conversations, model } = talk();
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn('hello', { isAllowed: false }), withReplySender);
    assert.match(replies[0]?.text ?? '', /not available to your account/);
    assert.equal(model.connections.length, 0);
  });
});

describe('a reply that cannot be sent', () => {
  it('delays nothing if the reply route cannot even be opened', async () => {
    const { conversations } = talk([says('one'), says('two')]);
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn('1'), () => {
      throw new Error('no way back');
    });
    await say(conversations, turn('2'), withReplySender);
    assert.equal(replies.length, 1);
  });

  it('is logged, and the next one is sent', async () => {
    const { conversations, logs } = talk([says('one'), says('two')]);
    const broken = wayBack({ refuse: new Error('the channel is gone') });
    const { replies, withReplySender } = wayBack();
    const first = say(conversations, turn('1'), broken.withReplySender);
    const second = say(conversations, turn('2'), withReplySender);
    await Promise.all([first, second]);
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['two'],
    );
    const line = logs.find(({ msg }) => msg === 'reply not sent');
    assert.equal(line?.['conversation'], 'emulator/a');
  });

  it('is logged with its activity even if no turn answers', async () => {
    const { conversations, logs } = talk();
    const help = turn('/help');
    const accepted = await conversations.accept(
      help,
      wayBack({ refuse: new Error('the channel is gone') }).withReplySender,
    );
    await (accepted.kind === 'accepted' && accepted.done);
    const line = logs.find(({ msg }) => msg === 'reply not sent');
    assert.deepEqual([line?.['conversation'], line?.['activity']], [help.key, help.activityId]);
  });

  it('stays in the history that the model gets', async () => {
    const { conversations, model } = talk([says('one'), says('two')]);
    await say(conversations, turn('1'), wayBack({ refuse: new Error('gone') }).withReplySender);
    model.last.drop();
    await say(conversations, turn('2'), wayBack().withReplySender);
    assert.match(model.userTexts[1]?.[0] ?? '', /"text":"1".*"text":"one"/);
  });

  it('causes no error if the reply route cannot even be opened', async () => {
    const { conversations, logs } = talk([says('two')]);
    await say(conversations, turn('1'), () => Promise.reject(new Error('no way back')));
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn('2'), withReplySender);
    assert.equal(replies[0]?.text, 'two');
    assert.equal(logs.filter(({ msg }) => msg === 'reply not sent').length, 1);
  });
});

describe('a store that is unavailable', () => {
  it('costs the turn its answer, but not the user a reply', async () => {
    const broken = new StoreError('store_call_invalid', 'the call is wrong');
    const jobOf = (job: TurnJob) =>
      new Proxy(job, { get: (from, name) => (name === 'begin' ? fails : bound(from, name)) });
    const fails = () => Promise.reject(broken);
    const { conversations, logs } = talk([], { jobOf });
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn('hello'), withReplySender);
    const incident = /\(incident (\w+)\)$/.exec(replies[0]?.text ?? '')?.[1];
    const line = logs.find((each) => each['incident'] === incident);
    assert.equal(line?.['level'], 'error');
  });
});

describe('an activity that cannot be stored', () => {
  it('is rejected without a reply, so that the channel may deliver it again', async () => {
    const { conversations, services } = talk([says('Hi')]);
    const { add } = services.queue;
    services.queue.add = () => Promise.reject(new StoreError('store_unavailable', 'no answer'));
    const { replies, withReplySender } = wayBack();
    const message = turn('hello');
    assert.deepEqual(await conversations.accept(message, withReplySender), { kind: 'notStored' });
    services.queue.add = add;
    await say(conversations, message, withReplySender);
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['Hi'],
    );
  });

  it('is handled on redelivery if it is a removal of the bot, a withdrawn message or a greeting', async () => {
    const { conversations, services } = talk();
    const { withReplySender } = wayBack();
    const calls = [
      () => conversations.withdraw({ key: 'a', activityId: '1' }),
      () => conversations.forget('a'),
      () => conversations.forgetTeam('red'),
      () => conversations.welcome('a', 'Hello!', withReplySender),
    ];
    const { apply, create, keysOfTeam } = services.conversationStore;
    const fails = () => Promise.reject(new StoreError('store_unavailable', 'no answer'));
    Object.assign(services.conversationStore, { apply: fails, create: fails, keysOfTeam: fails });
    for (const call of calls) assert.deepEqual(await call(), { kind: 'notStored' });
    Object.assign(services.conversationStore, { apply, create, keysOfTeam });
    for (const call of calls) assert.equal((await call()).kind, 'accepted');
    await conversations.drain(0);
    for (const call of calls) assert.deepEqual(await call(), { kind: 'draining' });
  });
});

describe('a full queue', () => {
  it('causes at most ten notices to a person at the same time', async () => {
    const { conversations, services } = talk();
    services.queue.add = async () => ({ result: 'queueFull', done: Promise.resolve() });
    const sending = Promise.withResolvers<void>();
    let sendCount = 0;
    const withReplySender: WithReplySender = async (use) => {
      sendCount++;
      await sending.promise;
      return wayBack().withReplySender(use);
    };
    for (let count = 0; count < 30; count++)
      assert.equal((await conversations.accept(turn(`${count}`), withReplySender)).kind, 'accepted');
    assert.equal(sendCount, 10);
    sending.resolve();
  });
});

describe('a greeting', () => {
  it('is sent once to each conversation', async () => {
    const { conversations } = talk();
    const { replies, withReplySender } = wayBack();
    for (const key of ['a', 'a', 'b']) await done(conversations.welcome(key, 'Hello!', withReplySender));
    assert.equal(replies.length, 2);
    assert.equal(replies[0]?.text, 'Hello!');
  });

  it('is not sent after the first message', async () => {
    const { conversations } = talk([says('Hi')]);
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn('hello', { key: 'a' }), withReplySender);
    await done(conversations.welcome('a', 'Hello!', withReplySender));
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['Hi'],
    );
  });

  it('is sent again to a conversation that was forgotten', async () => {
    const { conversations } = talk();
    const { replies, withReplySender } = wayBack();
    await done(conversations.welcome('a', 'Hello!', withReplySender));
    await done(conversations.forget('a'));
    await done(conversations.welcome('a', 'Hello!', withReplySender));
    assert.equal(replies.length, 2);
  });

  it('causes no error if it cannot be sent', async () => {
    await done(talk().conversations.welcome('a', 'Hello!', wayBack({ refuse: new Error('gone') }).withReplySender));
  });
});

describe('draining', () => {
  it('accepts nothing more, greets nobody, and may be called twice', async () => {
    const { conversations, model } = talk([says('one')]);
    const { replies, withReplySender } = wayBack();
    await say(conversations, turn('1'), withReplySender);
    await Promise.all([conversations.drain(1_000), conversations.drain(1_000)]);
    assert.deepEqual(await conversations.accept(turn('2'), withReplySender), { kind: 'draining' });
    await done(conversations.welcome('b', 'Hello!', withReplySender));
    assert.equal(replies.length, 1);
    assert.equal(conversations.isDraining, true);
    assert.equal(model.last.isOpen, false);
  });

  it('waits for what is still being accepted, and for its reply', async () => {
    for (const text of ['/usage', 'yes']) {
      const { conversations, services } = talk([says('Hi')]);
      const { replies, withReplySender } = wayBack();
      const { approvalStore, conversationStore } = services;
      const { apply } = conversationStore;
      const lookedUp = Promise.withResolvers<void>();
      approvalStore.findMeant = async () => void (await lookedUp.promise);
      conversationStore.apply = (...call) => lookedUp.promise.then(() => apply(...call));
      const slowly: WithReplySender = (work) => new Promise(setImmediate).then(() => withReplySender(work));
      const accepted = conversations.accept(turn(text, { expectsReplies: true }), slowly);
      const drained = conversations.drain(1_000);
      setImmediate(lookedUp.resolve);
      assert.equal((await accepted).kind, 'accepted');
      await drained;
      assert.equal(replies.length, 1, text);
    }
  });

  it('leaves no timer behind', async () => {
    const { conversations, clock } = talk([says('one')]);
    await say(conversations, turn('1'), wayBack().withReplySender);
    await conversations.drain(1_000);
    assert.deepEqual(clock.waiting, []);
  });
});
