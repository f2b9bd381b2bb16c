import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '../../src/errors.ts';
import { says } from '../realtime/fake-model.ts';
import { done, say, talk, turn, wayBack } from './recordings-under-test.ts';

describe('forgetting a conversation', () => {
  it('drops its queue without a reply, and completes', async () => {
    const { conversations } = talk([says('one')]);
    const { replies, withReplySender } = wayBack();
    const running = say(conversations, turn('1'), withReplySender);
    void say(conversations, turn('2'), withReplySender);
    await done(conversations.forget('emulator/a'));
    await running;
    await conversations.drain(0);
    assert.deepEqual(
      replies.map(({ text }) => text),
      [''],
    );
  });

  it('closes its session, and leaves other conversations alone', async () => {
    const { conversations, model, clock } = talk([says('one'), says('two'), says('three')]);
    const { withReplySender } = wayBack();
    await say(conversations, turn('1'), withReplySender);
    await say(conversations, turn('2', { key: 'emulator/b' }), withReplySender);
    await done(conversations.forget('emulator/a'));
    await clock.advance(0);
    assert.deepEqual(
      model.connections.map(({ isOpen }) => isOpen),
      [false, true],
    );
    await say(conversations, turn('3'), withReplySender);
    assert.deepEqual(model.userTexts[2], ['3']);
  });
});

describe('/forget yes that is delivered again', () => {
  it('removes the audio, which its first delivery may not have done', async () => {
    const { conversations, services } = talk();
    const { replies, withReplySender } = wayBack();
    const { conversationStore: store, audioStore } = services;
    const apply = store.apply.bind(store);
    store.apply = async (...call) => {
      await apply(...call);
      throw new StoreError('store_unavailable', 'no answer');
    };
    const silenced: string[] = [];
    audioStore.forget = async (key) => void silenced.push(key);
    const command = turn('/forget yes');
    assert.deepEqual(await conversations.accept(command, withReplySender), { kind: 'notStored' });
    assert.deepEqual(silenced, []);
    store.apply = apply;
    assert.deepEqual(await conversations.accept(command, withReplySender), { kind: 'duplicate' });
    await conversations.drain(0);
    assert.deepEqual([silenced, replies], [[command.key], []]);
  });
});

describe('forgetting a team', () => {
  it('reaches all of its conversations even if the store fails in between', async () => {
    const { conversations, services } = talk([says('one'), says('two')]);
    const { withReplySender } = wayBack();
    const keys = ['emulator/a', 'emulator/b'];
    for (const key of keys) await say(conversations, turn('1', { key, team: 'red' }), withReplySender);
    const { conversationStore: store, audioStore } = services;
    const apply = store.apply.bind(store);
    let isLost = false;
    store.apply = async (...call) => {
      const isApplied = await apply(...call);
      // The response to the first call is lost, so its fate is unknown.
      if (isLost) return isApplied;
      isLost = true;
      throw new StoreError('store_unavailable', 'no answer');
    };
    const silenced: string[] = [];
    audioStore.forget = async (key) => void silenced.push(key);
    assert.deepEqual(await conversations.forgetTeam('red'), { kind: 'notStored' });
    await done(conversations.forgetTeam('red'));
    assert.deepEqual(silenced.sort(), keys);
  });
});
