import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityDigest } from '../../../src/conversation/keys.ts';
import type { ConversationRecord } from '../../../src/conversation/records.ts';
import { SendError } from '../../../src/errors.ts';
import { en } from '../../../src/messages/en.ts';
import { approvalOf } from '../approval-store-contract.ts';
import { turn } from '../recordings-under-test.ts';
import { start, withoutActivity } from './attempt-under-test.ts';
import { AWAY } from './scripted-job.ts';

describe('a turn', () => {
  it('saves its reply before it sends it, and completes after that', async () => {
    const { result, diary, job } = start();
    assert.equal((await result()).kind, 'answered');
    assert.deepEqual(withoutActivity(diary), ['begin', 'save: saved', 'sends Hi', 'complete']);
    assert.equal(job.record.sessionVersion, job.id);
    assert.equal(job.isDelivered, true);
    assert.deepEqual(
      job.record.history.map(({ user, assistant }) => [user, assistant]),
      [['hello', 'Hi']],
    );
    assert.equal(job.record.unsent?.reply.text, 'Hi');
  });

  it('completes without a reply if an earlier attempt answered it', async () => {
    const message = turn('hello');
    const { result, diary, model } = start({ message, script: { record: { answered: [activityDigest(message)] } } });
    assert.deepEqual(await result(), { kind: 'answeredBefore' });
    assert.deepEqual(diary, ['begin', 'complete']);
    assert.equal(model.connections.length, 0);
  });

  it('takes its decision back if its message was withdrawn before it began', async () => {
    const approval = approvalOf('emulator/a', 'emulator/a', Number.POSITIVE_INFINITY);
    const message = turn('', { approvalId: approval.id });
    const { result, services } = start({ message, script: { record: { answered: [activityDigest(message)] } } });
    const { approvalStore } = services;
    const { activityId } = message;
    await approvalStore.add(approval);
    await approvalStore.decide(approval.id, { kind: 'allow', decider: 'ada', deciderName: undefined, activityId });
    assert.deepEqual(await result(), { kind: 'answeredBefore' });
    assert.equal((await approvalStore.find(approval.id))?.decision, undefined);
  });

  it('completes without a reply if it was stopped before it began', async () => {
    const { result, diary, model } = start({ script: { isStopped: true } });
    assert.deepEqual(await result(), { kind: 'cancelled' });
    assert.deepEqual(diary, ['begin', 'complete']);
    assert.equal(model.connections.length, 0);
  });

  it('sends the reply that was saved before a crash, in place of the begun stream', async () => {
    const message = turn('hello');
    const unsent: ConversationRecord['unsent'] = { messageId: activityDigest(message), reply: { text: 'Saved' } };
    const { result, diary, streams, model } = start({ message, script: { record: { unsent }, streamId: 's1' } });
    assert.deepEqual(await result(), { kind: 'resent' });
    assert.deepEqual(diary, ['begin', 'sends Saved', 'complete']);
    assert.deepEqual(streams, ['s1']);
    assert.equal(model.connections.length, 0);
  });

  it('settles its reservation before it completes, since nobody else would settle it', async () => {
    const message = turn('hello');
    const unsent: ConversationRecord['unsent'] = { messageId: activityDigest(message), reply: { text: 'Saved' } };
    for (const record of [{}, { unsent: { ...unsent, costUsd: 0.1 } }]) {
      const { result, diary, services } = start({ message, script: { record } });
      const settle = async () => {
        while (!diary.some((line) => line.startsWith('sends'))) await new Promise(setImmediate);
        await new Promise(setImmediate);
        diary.push('settles');
      };
      Object.assign(services.spending, { settle });
      await result();
      assert.deepEqual(withoutActivity(diary).slice(-2), ['settles', 'complete']);
    }
  });

  it('sends nothing if another attempt owns it, whether it learns that at its begin or when it saves', async () => {
    const early = start({ script: { isSuperseded: true } });
    assert.deepEqual(await early.result(), { kind: 'superseded' });
    assert.deepEqual(early.diary, ['begin']);
    const late = start({ script: { saves: 'superseded' } });
    assert.equal((await late.result()).kind, 'superseded');
    assert.deepEqual(withoutActivity(late.diary), ['begin', 'save: superseded', 'abandons']);
  });

  it('sends its reply without audio if the conversation was forgotten meanwhile, and deletes the audio', async () => {
    const { result, replies, services } = start({ script: { saves: 'obsolete' } });
    let removed: string | undefined;
    const { remove } = services.audioStore;
    Object.assign(services.audioStore, {
      remove: (id: string) => {
        removed = id;
        return remove(id);
      },
    });
    assert.equal((await result()).kind, 'answered');
    assert.deepEqual([replies[0]?.text, replies[0]?.audio], ['Hi', undefined]);
    assert.ok(removed !== undefined);
  });

  it('completes a rejected message before it tells the user', async () => {
    const { result, diary, job } = start({ message: turn('') });
    assert.deepEqual(await result(), { kind: 'refused', reason: 'textMissing' });
    assert.equal(job.isDelivered, false);
    assert.deepEqual(diary, ['begin', 'complete', `sends ${en.textMissing}`]);
  });

  it('is given up after three attempts that ended their process', async () => {
    const third = start({ script: { attempt: 3 } });
    assert.equal((await third.result()).kind, 'answered');
    const fourth = start({ script: { attempt: 4 } });
    assert.deepEqual(await fourth.result(), { kind: 'deadLettered' });
    assert.deepEqual(fourth.diary.slice(0, 2), ['begin', 'dead letter']);
    assert.match(fourth.replies[0]?.text ?? '', /\(incident \w+\)$/);
  });

  it('completes if its send fails, and never sends again', async () => {
    const unsent = start({ refuse: new Error('nobody knows') });
    assert.equal((await unsent.result()).kind, 'unsent');
    assert.deepEqual(withoutActivity(unsent.diary), ['begin', 'save: saved', 'sends Hi', 'complete']);
    const gone = start({ refuse: new SendError('conversation_gone', 'blocked') });
    assert.equal((await gone.result()).kind, 'gone');
  });

  it('settles its reservation even if the first try fails', async () => {
    const { result, clock, services } = start();
    const { settle } = services.spending;
    const settled: string[] = [];
    let failures = 3;
    services.spending.settle = async (jobId, usd) => {
      if (failures-- > 0) throw AWAY;
      settled.push(jobId);
      return settle.call(services.spending, jobId, usd);
    };
    const ended = result();
    for (let second = 0; second < 5; second++) await clock.advance(1_000);
    assert.equal((await ended).kind, 'answered');
    assert.deepEqual(settled, ['turn-1']);
  });

  it('answers a request that expects replies even if the answer cannot be saved', async () => {
    const { job, result, clock, diary } = start({ message: turn('hello', { expectsReplies: true }) });
    const { begin } = job;
    job.begin = async () => {
      const begun = await begin.call(job);
      job.failures = Number.POSITIVE_INFINITY;
      return begun;
    };
    const ended = result();
    for (let second = 0; second < 10; second++) await clock.advance(1_000);
    assert.equal((await ended).kind, 'answered');
    assert.deepEqual(withoutActivity(diary), ['begin', 'sends Hi']);
  });

  it('leaves a message that was withdrawn meanwhile out of the history', async () => {
    const message = turn('hello');
    const { job, result } = start({ message });
    const { begin } = job;
    job.begin = async () => {
      const begun = await begin.call(job);
      job.record = { ...job.record, answered: [activityDigest(message)] };
      return begun;
    };
    assert.equal((await result()).kind, 'answered');
    assert.deepEqual(job.record.history, []);
    assert.equal(job.record.sessionVersion, undefined);
  });

  it('makes a session stale if a concurrent turn is missing from it', async () => {
    const { job, result } = start({ script: { record: { sessionVersion: 'before' } } });
    const { begin } = job;
    job.begin = async () => {
      const begun = await begin.call(job);
      job.record = { ...job.record, sessionVersion: 'beside' };
      return begun;
    };
    assert.equal((await result()).kind, 'answered');
    assert.equal(job.record.history.length, 1);
    assert.ok(!['before', 'beside', job.id, undefined].includes(job.record.sessionVersion));
  });

  it('is remembered once if it saves a second time because the first response was lost', async () => {
    const { job, result } = start();
    const { save } = job;
    job.save = async (edit) => {
      await save.call(job, edit);
      return save.call(job, edit);
    };
    await result();
    assert.equal(job.record.history.length, 1);
    assert.equal(job.record.usage.turns, 1);
  });

  it('keeps the unsent reply of a concurrent turn if it replies in the HTTP response, and is remembered once', async () => {
    const unsent = { messageId: 'beside', reply: { text: 'Beside' } };
    const message = turn('hello', { expectsReplies: true });
    const { job, result } = start({ message, script: { record: { unsent, sessionVersion: 'before' } } });
    const { begin, save } = job;
    job.begin = async () => {
      const begun = await begin.call(job);
      job.record = { ...job.record, sessionVersion: 'beside' };
      return begun;
    };
    job.save = async (edit) => {
      await save.call(job, edit);
      return save.call(job, edit);
    };
    assert.equal((await result()).kind, 'answered');
    assert.deepEqual(job.record.unsent, unsent);
    assert.equal(job.record.history.length, 1);
    assert.equal(job.record.usage.turns, 1);
  });
});
