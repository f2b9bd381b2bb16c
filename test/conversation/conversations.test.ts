import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import type { TurnJob } from '../../src/conversation/queue/turn-queue.ts';
import type { WithSender } from '../../src/conversation/reply.ts';
import { StoreError } from '../../src/errors.ts';
import { says } from '../realtime/fake-model.ts';
import { bound, done, HOUR_MS, say, talk, turn, wayBack } from './recordings-under-test.ts';

describe('taking a message', () => {
  it('shows that it is at work, and answers it', async () => {
    const { conversations } = talk([says('Hi')]);
    const { diary, replies, withSender } = wayBack();
    await say(conversations, turn('hello'), withSender);
    assert.deepEqual(diary.slice(0, 2), ['shows activity', 'sends Hi']);
    assert.equal(replies[0]?.audio?.wav.length, 48);
  });

  it('knows a delivery again for an hour', async () => {
    const { conversations, clock } = talk([says('Hi'), says('Hi again')]);
    const { replies, withSender } = wayBack();
    const message = turn('hello');
    await say(conversations, message, withSender);
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await conversations.accept(message, withSender), { kind: 'duplicate' });
    await clock.advance(2);
    await say(conversations, message, withSender);
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['Hi', 'Hi again'],
    );
  });

  it('takes the time from any clock, also from one that is an object with a state', async () => {
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
    const { replies, withSender } = wayBack();
    await say(conversations, turn(''), withSender);
    assert.equal(replies.length, 1);
  });

  it('tells people who are not let in, without asking the model', async () => {
    const { conversations, model } = talk();
    const { replies, withSender } = wayBack();
    await say(conversations, turn('hello', { isAllowed: false }), withSender);
    assert.match(replies[0]?.text ?? '', /not available to your account/);
    assert.equal(model.connections.length, 0);
  });
});

describe('a reply that cannot be sent', () => {
  it('holds up nothing when the way back cannot even be opened', async () => {
    const { conversations } = talk([says('one'), says('two')]);
    const { replies, withSender } = wayBack();
    await say(conversations, turn('1'), () => {
      throw new Error('no way back');
    });
    await say(conversations, turn('2'), withSender);
    assert.equal(replies.length, 1);
  });

  it('is logged, and the next one goes out', async () => {
    const { conversations, logs } = talk([says('one'), says('two')]);
    const broken = wayBack({ refuse: new Error('the channel is gone') });
    const { replies, withSender } = wayBack();
    const first = say(conversations, turn('1'), broken.withSender);
    const second = say(conversations, turn('2'), withSender);
    await Promise.all([first, second]);
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['two'],
    );
    const line = logs.find(({ msg }) => msg === 'reply not sent');
    assert.equal(line?.['conversation'], 'emulator/a');
  });

  it('is logged with its activity, too, where no turn answers', async () => {
    const { conversations, logs } = talk();
    const help = turn('/help');
    const accepted = await conversations.accept(help, wayBack({ refuse: new Error('the channel is gone') }).withSender);
    await (accepted.kind === 'accepted' && accepted.done);
    const line = logs.find(({ msg }) => msg === 'reply not sent');
    assert.deepEqual([line?.['conversation'], line?.['activity']], [help.key, help.activityId]);
  });

  it('does not count as unsaid: the model is told of it', async () => {
    const { conversations, model } = talk([says('one'), says('two')]);
    await say(conversations, turn('1'), wayBack({ refuse: new Error('gone') }).withSender);
    model.last.drop();
    await say(conversations, turn('2'), wayBack().withSender);
    assert.match(model.heard[1]?.[0] ?? '', /"text":"1".*"text":"one"/);
  });

  it('is no matter when the way back cannot even be opened', async () => {
    const { conversations, logs } = talk([says('two')]);
    await say(conversations, turn('1'), () => Promise.reject(new Error('no way back')));
    const { replies, withSender } = wayBack();
    await say(conversations, turn('2'), withSender);
    assert.equal(replies[0]?.text, 'two');
    assert.equal(logs.filter(({ msg }) => msg === 'reply not sent').length, 1);
  });
});

describe('a store that cannot be used', () => {
  it('costs the turn its answer, not the user a reply', async () => {
    const broken = new StoreError('store_rejected', 'the call is wrong');
    const jobOf = (job: TurnJob) =>
      new Proxy(job, { get: (from, name) => (name === 'begin' ? fails : bound(from, name)) });
    const fails = () => Promise.reject(broken);
    const { conversations, logs } = talk([], { jobOf });
    const { replies, withSender } = wayBack();
    await say(conversations, turn('hello'), withSender);
    const incident = /\(incident (\w+)\)$/.exec(replies[0]?.text ?? '')?.[1];
    const line = logs.find((each) => each['incident'] === incident);
    assert.equal(line?.['level'], 'error');
  });
});

describe('what cannot be stored', () => {
  it('is refused, and nobody is told: it may be delivered again', async () => {
    const { conversations, services } = talk([says('Hi')]);
    const { add } = services.queue;
    services.queue.add = () => Promise.reject(new StoreError('store_unavailable', 'no answer'));
    const { replies, withSender } = wayBack();
    const message = turn('hello');
    assert.deepEqual(await conversations.accept(message, withSender), { kind: 'notStored' });
    services.queue.add = add;
    await say(conversations, message, withSender);
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['Hi'],
    );
  });

  it('is a bot that is removed, a message that is taken back, or a greeting, and all of it is delivered again', async () => {
    const { conversations, services } = talk();
    const { withSender } = wayBack();
    const calls = [
      () => conversations.withdraw({ key: 'a', activityId: '1' }),
      () => conversations.forget('a'),
      () => conversations.forgetTeam('red'),
      () => conversations.welcome('a', 'Hello!', withSender),
    ];
    const { apply, create, keysOfTeam } = services.conversations;
    const fails = () => Promise.reject(new StoreError('store_unavailable', 'no answer'));
    Object.assign(services.conversations, { apply: fails, create: fails, keysOfTeam: fails });
    for (const call of calls) assert.deepEqual(await call(), { kind: 'notStored' });
    Object.assign(services.conversations, { apply, create, keysOfTeam });
    for (const call of calls) assert.equal((await call()).kind, 'accepted');
    await conversations.drain(0);
    for (const call of calls) assert.deepEqual(await call(), { kind: 'draining' });
  });
});

describe('a queue that is full', () => {
  it('is said to a person as often as answers are under way, and no more', async () => {
    const { conversations, services } = talk();
    services.queue.add = async () => 'queueFull';
    const sending = Promise.withResolvers<void>();
    let sendCount = 0;
    const withSender: WithSender = async (use) => {
      sendCount++;
      await sending.promise;
      return wayBack().withSender(use);
    };
    for (let count = 0; count < 30; count++)
      assert.equal((await conversations.accept(turn(`${count}`), withSender)).kind, 'accepted');
    assert.equal(sendCount, 10);
    sending.resolve();
  });
});

describe('greeting', () => {
  it('is said once to each conversation', async () => {
    const { conversations } = talk();
    const { replies, withSender } = wayBack();
    for (const key of ['a', 'a', 'b']) await done(conversations.welcome(key, 'Hello!', withSender));
    assert.equal(replies.length, 2);
    assert.equal(replies[0]?.text, 'Hello!');
  });

  it('is not said after the first message', async () => {
    const { conversations } = talk([says('Hi')]);
    const { replies, withSender } = wayBack();
    await say(conversations, turn('hello', { key: 'a' }), withSender);
    await done(conversations.welcome('a', 'Hello!', withSender));
    assert.deepEqual(
      replies.map(({ text }) => text),
      ['Hi'],
    );
  });

  it('is said again to a conversation that was forgotten', async () => {
    const { conversations } = talk();
    const { replies, withSender } = wayBack();
    await done(conversations.welcome('a', 'Hello!', withSender));
    await done(conversations.forget('a'));
    await done(conversations.welcome('a', 'Hello!', withSender));
    assert.equal(replies.length, 2);
  });

  it('is no matter when it cannot be sent', async () => {
    await done(talk().conversations.welcome('a', 'Hello!', wayBack({ refuse: new Error('gone') }).withSender));
  });
});

describe('draining', () => {
  it('takes nothing more, greets nobody, and is safe twice', async () => {
    const { conversations, model } = talk([says('one')]);
    const { replies, withSender } = wayBack();
    await say(conversations, turn('1'), withSender);
    await Promise.all([conversations.drain(1_000), conversations.drain(1_000)]);
    assert.deepEqual(await conversations.accept(turn('2'), withSender), { kind: 'draining' });
    await done(conversations.welcome('b', 'Hello!', withSender));
    assert.equal(replies.length, 1);
    assert.equal(conversations.isDraining, true);
    assert.equal(model.last.isOpen, false);
  });

  it('leaves no timer behind', async () => {
    const { conversations, clock } = talk([says('one')]);
    await say(conversations, turn('1'), wayBack().withSender);
    await conversations.drain(1_000);
    assert.deepEqual(clock.waiting, []);
  });
});
