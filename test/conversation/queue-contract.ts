import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityDigest } from '../../src/conversation/keys.ts';
import {
  MAX_WAITING,
  MAX_WAITING_BYTES,
  MAX_WAITING_IN_ALL,
  MAX_WAITING_PER_PERSON,
} from '../../src/conversation/queue/turn-queue.ts';
import { KEYS } from './saying.ts';
import {
  begun,
  bigMessageIn,
  HandedTurns,
  messageIn,
  reasonOf,
  said,
  type TestEngine,
  usersIn,
} from './test-engine.ts';

/** The contract of every queue, whatever stores it. */
export function describeQueue(name: string, open: () => Promise<TestEngine>): void {
  describe(`the queue in ${name}`, () => {
    it('dispatches the messages of a conversation one after another, in order', async () => {
      await using engine = await open();
      const ids = Array.from({ length: 10 }, (_, index) => `m${index}`);
      for (const id of ids) assert.equal((await engine.queue.add(messageIn('a', id))).result, 'queued');
      const turns = new HandedTurns(engine.queue);
      const first = await turns.next();
      assert.deepEqual(turns.texts, ['m0']);
      await first.job.begin();
      await first.job.complete();
      first.end();
      for (const id of ids.slice(1)) assert.equal(await turns.answerNext(), id);
      assert.deepEqual(turns.texts, ids);
    });

    it('keeps the order of calls that are not awaited', async () => {
      await using engine = await open();
      const ids = Array.from({ length: MAX_WAITING }, (_, index) => `m${index}`);
      await Promise.all(ids.map((id) => engine.queue.add(messageIn('a', id))));
      const turns = new HandedTurns(engine.queue);
      for (const id of ids) assert.equal(await turns.answerNext(), id);
    });

    it('dispatches different conversations concurrently', async () => {
      await using engine = await open();
      const turns = new HandedTurns(engine.queue);
      const keys = KEYS.filter((key) => key !== '');
      for (const key of keys) await engine.queue.add(messageIn(key, 'same', { text: key }));
      const handed = await Promise.all(keys.map(() => turns.next()));
      assert.deepEqual(handed.map(({ job }) => job.message.key).sort(), [...keys].sort());
      for (const { job, end } of handed) {
        await job.begin();
        assert.equal(await job.complete(), true);
        end();
      }
    });

    it('accepts an activity once, whether it is queued, running or answered', async () => {
      await using engine = await open();
      const message = messageIn('a', 'one');
      assert.equal(await engine.queue.hasTurn(message), false, 'before it is added');
      assert.equal((await engine.queue.add(message)).result, 'queued');
      assert.equal((await engine.queue.add(message)).result, 'duplicate');
      assert.equal(await engine.queue.hasTurn(message), true, 'while it waits');
      assert.equal((await engine.queue.add(messageIn('b', 'one'))).result, 'queued');
      const turns = new HandedTurns(engine.queue);
      const [one, other] = [await turns.next(), await turns.next()];
      assert.equal((await engine.queue.add(message)).result, 'duplicate');
      assert.equal(await engine.queue.hasTurn(message), true, 'while it runs');
      for (const { job, end } of [one, other]) {
        await job.begin();
        await job.complete();
        end();
      }
      assert.equal((await engine.queue.add(message)).result, 'duplicate');
      assert.equal(await engine.queue.hasTurn(message), false, 'after its end');
    });

    it('rejects messages beyond the limit of a conversation, and recognizes their redelivery', async () => {
      await using engine = await open();
      const turns = new HandedTurns(engine.queue);
      await engine.queue.add(messageIn('a', 'running'));
      const running = await turns.next();
      const ids = Array.from({ length: MAX_WAITING }, (_, index) => `m${index}`);
      for (const [index, id] of ids.entries()) {
        assert.equal(await engine.queue.hasRoom(messageIn('a', 'next')), true);
        assert.equal((await engine.queue.add(messageIn('a', id))).result, 'queued', `${index}`);
      }
      assert.equal(await engine.queue.hasRoom(messageIn('a', 'next')), false);
      assert.equal((await engine.queue.add(messageIn('a', 'too much'))).result, 'queueFull');
      assert.equal((await engine.queue.add(messageIn('a', 'too much'))).result, 'duplicate');
      assert.equal((await engine.queue.add(messageIn('b', 'elsewhere', { personKey: 'other' }))).result, 'queued');
      const elsewhere = await turns.next();
      await running.job.begin();
      await running.job.complete();
      running.end();
      for (const id of ids) assert.equal(await turns.answerNext(), id);
      assert.deepEqual(turns.texts, ['running', 'elsewhere', ...ids]);
      assert.equal(await engine.queue.hasRoom(messageIn('a', 'next')), true);
      elsewhere.end();
    });

    it('rejects messages beyond the limit of a user over all conversations', async () => {
      await using engine = await open();
      for (let index = 0; index < MAX_WAITING_PER_PERSON; index++)
        assert.equal((await engine.queue.add(messageIn(`c${index}`, 'm'))).result, 'queued');
      assert.equal(await engine.queue.hasRoom(messageIn('one more', 'm')), false);
      assert.equal((await engine.queue.add(messageIn('one more', 'm'))).result, 'queueFull');
      const ofOther = messageIn('one more', 'n', { personKey: 'other' });
      assert.equal(await engine.queue.hasRoom(ofOther), true);
      assert.equal((await engine.queue.add(ofOther)).result, 'queued');
    });

    it('reserves half of its places for verified users', async () => {
      await using engine = await open();
      const { queue } = engine;
      const add = (id: string, fields = {}) => queue.add(messageIn(id, 'm', { personKey: id, ...fields }));
      await engine.fill({ count: MAX_WAITING_IN_ALL / 2, isVerified: false });
      assert.equal((await add('a stranger')).result, 'busy');
      assert.equal((await add('a', { personKey: 'known' })).result, 'queued');
      await engine.fill({ count: MAX_WAITING_IN_ALL / 2 - 1, isVerified: true });
      assert.equal((await add('b', { personKey: 'known' })).result, 'busy');
    });

    it('limits the total size of queued messages, and reserves half of it for verified users', async () => {
      await using engine = await open();
      const { queue } = engine;
      const bytes = 1024 * 1024;
      const add = (id: string, personKey: string) => queue.add(bigMessageIn(id, 'm', bytes, { personKey }));
      const count = MAX_WAITING_BYTES / bytes / 2;
      await engine.fill({ count, isVerified: false, bytes });
      assert.equal((await add('a stranger', 'a stranger')).result, 'busy');
      assert.equal((await add('a', 'known')).result, 'queued');
      await engine.fill({ count, isVerified: true, bytes });
      assert.equal((await add('b', 'known')).result, 'busy');
    });

    it('begins a turn with the newest record, and saves into it', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      await queue.add(messageIn('a', 'one'));
      const { job, end } = await turns.next();
      const start = await begun(job);
      assert.deepEqual([start.attempt, start.streamId, start.record.history], [1, undefined, []]);
      await conversations.apply(
        'a',
        { kind: 'edit', edit: (r) => ({ ...r, settings: { voice: 'alloy' } }) },
        'command',
      );
      const unsent = { messageId: activityDigest(job.message), reply: { text: 'a reply' } };
      assert.equal(await job.save((record) => ({ ...said(job.message)(record), unsent })), 'saved');
      const saved = await conversations.read('a');
      assert.deepEqual([saved.settings, usersIn(saved), saved.unsent], [{ voice: 'alloy' }, ['one'], unsent]);
      job.saveStreamId('stream');
      assert.equal(await job.complete(), true);
      end();
      const completed = await conversations.read('a');
      assert.equal(completed.unsent, undefined);
      assert.deepEqual(completed.answered, [activityDigest({ activityId: 'command' }), activityDigest(job.message)]);
      await queue.add(messageIn('a', 'two'));
      const second = await turns.next();
      assert.deepEqual(usersIn((await begun(second.job)).record), ['one']);
      assert.equal(await second.job.deadLetter(), true);
      second.end();
      assert.equal((await conversations.read('a')).answered.length, 3);
      await queue.add(messageIn('a', 'three'));
      assert.equal(await turns.answerNext(), 'three');
    });

    for (const kind of ['reset', 'forget'] as const)
      it(`lets a turn write nothing more after ${kind}, and records that it was answered`, async () => {
        await using engine = await open();
        const { queue, conversations } = engine;
        const turns = new HandedTurns(queue);
        await queue.add(messageIn('a', 'one'));
        const { job, end } = await turns.next();
        await job.begin();
        assert.ok(await conversations.apply('a', { kind }, 'command'));
        assert.equal(reasonOf(job.signal), kind === 'forget' ? 'cancelled' : undefined);
        assert.equal(await job.save(said(job.message)), 'obsolete');
        assert.equal(await job.complete(), true);
        end();
        const { history, answered } = await conversations.read('a');
        const ids = ['command', 'one'].map((activityId) => activityDigest({ activityId }));
        assert.deepEqual([history, answered], [[], ids]);
        await queue.add(messageIn('a', 'two'));
        assert.equal(await turns.answerNext(), 'two');
        assert.deepEqual(usersIn(await conversations.read('a')), ['two']);
      });
  });
}
