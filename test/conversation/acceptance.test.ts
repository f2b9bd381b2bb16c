import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '../../src/errors.ts';
import { says } from '../realtime/fake-model.ts';
import { talk, turn, wayBack } from './recordings-under-test.ts';

describe('an activity whose store hangs', () => {
  const hanging = () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    return { call: () => promise, answer: () => resolve(undefined) };
  };

  it('is refused after 5 s, and nothing is begun for it afterwards', async () => {
    const { conversations, services, clock, model } = talk([says('Hi')]);
    const { call, answer } = hanging();
    Object.assign(services.approvalStore, { findMeant: call });
    const { diary, withReplySender } = wayBack();
    const accepting = conversations.accept(turn('yes'), withReplySender);
    await clock.advance(5_000);
    assert.deepEqual(await accepting, { kind: 'notStored' });
    answer();
    await conversations.drain(0);
    assert.deepEqual([diary, model.connections.length], [[], 0]);
  });

  it('is refused after 5 s, be it a press on a card or a welcome', async () => {
    const { conversations, services, clock } = talk();
    const { call, answer } = hanging();
    Object.assign(services.approvalStore, { find: call });
    Object.assign(services.conversationStore, { create: call });
    const { withReplySender } = wayBack();
    const deciding = conversations.decide({ approvalId: 'one', kind: 'allow' }, turn(''), withReplySender);
    const welcoming = conversations.welcome('emulator/b', 'Welcome', withReplySender);
    await clock.advance(5_000);
    assert.deepEqual([(await deciding).kind, (await welcoming).kind], ['notStored', 'notStored']);
    answer();
  });

  it('is refused without a trace of what fails later, unless that is a fault of the bot', async () => {
    const { conversations, services, clock, logs } = talk();
    const { withReplySender } = wayBack();
    for (const error of [new StoreError('store_unavailable', 'no answer'), new TypeError('a fault')]) {
      const { promise, reject } = Promise.withResolvers<never>();
      Object.assign(services.conversationStore, { create: () => promise });
      const welcoming = conversations.welcome('emulator/b', 'Welcome', withReplySender);
      await clock.advance(5_000);
      assert.deepEqual(await welcoming, { kind: 'notStored' });
      reject(error);
    }
    await conversations.drain(0);
    assert.deepEqual(
      logs.map(({ msg }) => msg),
      ['activity refused: not stored', 'activity refused: not stored', 'activity failed after its refusal'],
    );
  });
});
