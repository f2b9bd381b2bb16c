import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityDigest } from '../../../src/conversation/keys.ts';
import { TurnRate } from '../../../src/conversation/limits/turn-rate.ts';
import type { ConversationRecord } from '../../../src/conversation/records.ts';
import { TurnError } from '../../../src/errors.ts';
import { en } from '../../../src/messages/en.ts';
import type { Answer } from '../../realtime/fake-model.ts';
import * as wire from '../../realtime/server-events.ts';
import { turn } from '../recordings-under-test.ts';
import { start, withoutActivity } from './attempt-under-test.ts';

const SHUTTING_DOWN = new TurnError('shutting_down', 'the process has to end');
const hangs: Answer = () => {};
/** Sends the beginning of an answer and then nothing; the promise resolves at that point. */
function beginning(): { readonly begins: Answer; readonly begun: Promise<void> } {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const begins: Answer = (connection, turnId) => {
    const response = `resp_${turnId}`;
    connection.receive(wire.created({ response, turn: turnId }), wire.transcriptDelta('Once', { response }));
    resolve();
  };
  return { begins, begun };
}

/** Each turn costs a quarter of a dollar; the diary contains what is settled. */
function charge({ services, diary }: ReturnType<typeof start>) {
  const allowance = { kind: 'allowed', reserveNextResponse: async () => true, exceeded: undefined, costOf: () => 0.25 };
  const settle = async (jobId: string, usd: number) => void diary.push(`settles ${jobId} ${usd}`);
  Object.assign(services.spending, { reserve: async () => allowance, settle });
}

describe('a turn that ends before its reply', () => {
  for (const [isTransferable, kind, last] of [
    [true, 'released', 'release'],
    [false, 'answered', 'complete'],
  ] as const) {
    it(`is ${kind} if its process shuts down and another attempt ${isTransferable ? 'follows' : 'cannot follow'}`, async () => {
      const { job, result, diary, model } = start({ answers: [hangs], script: { isTransferable } });
      const ended = result();
      while (model.userTexts.length === 0) await new Promise(setImmediate);
      job.abort(SHUTTING_DOWN);
      assert.equal((await ended).kind, kind);
      assert.equal(withoutActivity(diary).at(-1), last);
      assert.equal(diary.filter((line) => line.startsWith('sends')).length, isTransferable ? 0 : 1);
    });
  }

  for (const [shows, kind] of [
    [false, 'released'],
    [true, 'answered'],
  ] as const) {
    it(`is ${kind} if its process shuts down during an answer that its user ${shows ? 'sees' : 'does not see'}`, async () => {
      const { begins, begun } = beginning();
      const { job, result, diary } = start({ answers: [begins], shows });
      const ended = result();
      await begun;
      job.abort(SHUTTING_DOWN);
      assert.equal((await ended).kind, kind);
      assert.equal(diary.filter((line) => line.startsWith('sends')).length, shows ? 1 : 0);
    });
  }

  it("is refused by a user's limit at most once, however many attempts it has", async () => {
    for (const isRetry of [false, true]) {
      const { result, services, message } = start({ script: { isRetry } });
      const rate = new TurnRate(services.clock, { turnsPerMinute: 1 });
      Object.assign(services, { rate });
      assert.ok(rate.admit(message.personKey));
      assert.equal((await result()).kind, isRetry ? 'answered' : 'refused');
    }
  });

  it('sends no apology if another attempt owns it', async () => {
    const { result, diary } = start({ script: { saves: new Error('a fault'), isSupersededAtEnd: true } });
    assert.deepEqual(await result(), { kind: 'superseded' });
    assert.deepEqual(withoutActivity(diary), ['begin', 'complete', 'abandons']);
  });

  it('settles the cost of the model if it fails afterwards', async () => {
    const attempt = start({ script: { saves: new Error('a fault') } });
    charge(attempt);
    assert.equal((await attempt.result()).kind, 'failed');
    const [begin, settles, complete, apology] = withoutActivity(attempt.diary);
    assert.deepEqual([begin, settles, complete], ['begin', 'settles turn-1 0.25', 'complete']);
    assert.match(apology ?? '', /^sends .*\(incident \w+\)$/);
  });

  it('settles the cost of the model if another attempt follows', async () => {
    const { begins, begun } = beginning();
    const attempt = start({ answers: [begins] });
    charge(attempt);
    const ended = attempt.result();
    await begun;
    attempt.job.abort(SHUTTING_DOWN);
    assert.equal((await ended).kind, 'released');
    assert.deepEqual(withoutActivity(attempt.diary), ['begin', 'settles turn-1 0.25', 'release']);
  });

  it('settles the cost of its saved reply if it is given up', async () => {
    const message = turn('hello');
    const unsent: ConversationRecord['unsent'] = {
      messageId: activityDigest(message),
      reply: { text: 'x' },
      costUsd: 0.5,
    };
    const attempt = start({ message, script: { attempt: 4, record: { unsent } } });
    charge(attempt);
    assert.equal((await attempt.result()).kind, 'deadLettered');
    assert.deepEqual(attempt.diary.slice(0, 3), ['begin', 'settles turn-1 0.5', 'dead letter']);
  });

  it('sends a separate message after a crash, since the streamed text is unknown', async () => {
    const message = turn('hello');
    const reply = { text: en.cutShort.filter, addsToShown: true };
    const unsent: ConversationRecord['unsent'] = { messageId: activityDigest(message), reply };
    const { result, streams } = start({ message, script: { record: { unsent }, streamId: 's1' } });
    assert.deepEqual(await result(), { kind: 'resent' });
    assert.deepEqual(streams, [undefined]);
  });
});
