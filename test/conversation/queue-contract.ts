import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messageId } from '../../src/conversation/keys.ts';
import {
  MAX_WAITING,
  MAX_WAITING_BYTES,
  MAX_WAITING_IN_ALL,
  MAX_WAITING_PER_PERSON,
} from '../../src/conversation/queue/turn-queue.ts';
import { KEYS } from './saying.ts';
import {
  aborted,
  begun,
  bigMessageIn,
  HandedTurns,
  messageIn,
  reasonOf,
  said,
  type TestEngine,
  usersIn,
} from './test-engine.ts';

/** What every queue promises, whichever store it is in. */
export function describeQueue(name: string, open: () => Promise<TestEngine>): void {
  describe(`the queue in ${name}`, () => {
    it('hands out the messages of a conversation one after another, in their order', async () => {
      await using engine = await open();
      const ids = Array.from({ length: 10 }, (_, index) => `m${index}`);
      for (const id of ids) assert.equal(await engine.queue.add(messageIn('a', id)), 'queued');
      const turns = new HandedTurns(engine.queue);
      const first = await turns.next();
      assert.deepEqual(turns.texts, ['m0']);
      await first.job.begin();
      await first.job.complete();
      first.end();
      for (const id of ids.slice(1)) assert.equal(await turns.answerNext(), id);
      assert.deepEqual(turns.texts, ids);
    });

    it('keeps the order of calls that do not wait for each other', async () => {
      await using engine = await open();
      const ids = Array.from({ length: MAX_WAITING }, (_, index) => `m${index}`);
      await Promise.all(ids.map((id) => engine.queue.add(messageIn('a', id))));
      const turns = new HandedTurns(engine.queue);
      for (const id of ids) assert.equal(await turns.answerNext(), id);
    });

    it('hands out different conversations side by side', async () => {
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

    it('accepts an activity once, whether it waits, runs or was answered', async () => {
      await using engine = await open();
      const message = messageIn('a', 'one');
      assert.equal(await engine.queue.add(message), 'queued');
      assert.equal(await engine.queue.add(message), 'duplicate');
      assert.equal(await engine.queue.add(messageIn('b', 'one')), 'queued');
      const turns = new HandedTurns(engine.queue);
      const [one, other] = [await turns.next(), await turns.next()];
      assert.equal(await engine.queue.add(message), 'duplicate');
      for (const { job, end } of [one, other]) {
        await job.begin();
        await job.complete();
        end();
      }
      assert.equal(await engine.queue.add(message), 'duplicate');
    });

    it('refuses what is too much in a conversation, and knows it from then on', async () => {
      await using engine = await open();
      const turns = new HandedTurns(engine.queue);
      await engine.queue.add(messageIn('a', 'running'));
      const running = await turns.next();
      const ids = Array.from({ length: MAX_WAITING }, (_, index) => `m${index}`);
      for (const [index, id] of ids.entries()) {
        assert.equal(await engine.queue.hasRoom('a'), true);
        assert.equal(await engine.queue.add(messageIn('a', id)), 'queued', `${index}`);
      }
      assert.equal(await engine.queue.hasRoom('a'), false);
      assert.equal(await engine.queue.add(messageIn('a', 'too much')), 'queueFull');
      assert.equal(await engine.queue.add(messageIn('a', 'too much')), 'duplicate');
      assert.equal(await engine.queue.add(messageIn('b', 'elsewhere', { personKey: 'other' })), 'queued');
      const elsewhere = await turns.next();
      await running.job.begin();
      await running.job.complete();
      running.end();
      for (const id of ids) assert.equal(await turns.answerNext(), id);
      assert.deepEqual(turns.texts, ['running', 'elsewhere', ...ids]);
      assert.equal(await engine.queue.hasRoom('a'), true);
      elsewhere.end();
    });

    it('refuses what is too much of a person, over all conversations', async () => {
      await using engine = await open();
      for (let index = 0; index < MAX_WAITING_PER_PERSON; index++)
        assert.equal(await engine.queue.add(messageIn(`c${index}`, 'm')), 'queued');
      assert.equal(await engine.queue.add(messageIn('one more', 'm')), 'queueFull');
      assert.equal(await engine.queue.add(messageIn('one more', 'n', { personKey: 'other' })), 'queued');
    });

    it('leaves people for whom a channel vouches half of what may wait', async () => {
      await using engine = await open();
      const { queue } = engine;
      const add = (id: string, fields = {}) => queue.add(messageIn(id, 'm', { personKey: id, ...fields }));
      await engine.fill({ count: MAX_WAITING_IN_ALL / 2, isVouched: false });
      assert.equal(await add('a stranger'), 'busy');
      assert.equal(await add('a', { personKey: 'known' }), 'queued');
      await engine.fill({ count: MAX_WAITING_IN_ALL / 2 - 1, isVouched: true });
      assert.equal(await add('b', { personKey: 'known' }), 'busy');
    });

    it('bounds what waiting messages hold together, and leaves half of it to people for whom a channel vouches', async () => {
      await using engine = await open();
      const { queue } = engine;
      const bytes = 1024 * 1024;
      const add = (id: string, personKey: string) => queue.add(bigMessageIn(id, 'm', bytes, { personKey }));
      const count = MAX_WAITING_BYTES / bytes / 2;
      await engine.fill({ count, isVouched: false, bytes });
      assert.equal(await add('a stranger', 'a stranger'), 'busy');
      assert.equal(await add('a', 'known'), 'queued');
      await engine.fill({ count, isVouched: true, bytes });
      assert.equal(await add('b', 'known'), 'busy');
    });

    it('begins a turn with the newest record, and saves into it', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      await queue.add(messageIn('a', 'one'));
      const { job, end } = await turns.next();
      const start = await begun(job);
      assert.deepEqual([start.attempt, start.streamId, start.record.history], [1, undefined, []]);
      await conversations.apply('a', 'command', {
        kind: 'edit',
        edit: (r) => ({ ...r, settings: { voice: 'alloy' } }),
      });
      const unsent = { message: messageId(job.message), reply: { text: 'a reply' } };
      assert.equal(await job.save((record) => ({ ...said(job.message)(record), unsent })), 'saved');
      const saved = await conversations.read('a');
      assert.deepEqual([saved.settings, usersIn(saved), saved.unsent], [{ voice: 'alloy' }, ['one'], unsent]);
      job.noteStream('stream');
      assert.equal(await job.complete(), true);
      end();
      const completed = await conversations.read('a');
      assert.equal(completed.unsent, undefined);
      assert.deepEqual(completed.answered, [messageId({ activityId: 'command' }), messageId(job.message)]);
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
      it(`lets a turn write nothing more after ${kind}, and notes that it was answered`, async () => {
        await using engine = await open();
        const { queue, conversations } = engine;
        const turns = new HandedTurns(queue);
        await queue.add(messageIn('a', 'one'));
        const { job, end } = await turns.next();
        await job.begin();
        assert.equal(await conversations.apply('a', 'command', { kind }), true);
        assert.equal(reasonOf(job.signal), kind === 'forget' ? 'cancelled' : undefined);
        assert.equal(await job.save(said(job.message)), 'obsolete');
        assert.equal(await job.complete(), true);
        end();
        const { history, answered } = await conversations.read('a');
        const ids = ['command', 'one'].map((activityId) => messageId({ activityId }));
        assert.deepEqual([history, answered], [[], ids]);
        await queue.add(messageIn('a', 'two'));
        assert.equal(await turns.answerNext(), 'two');
        assert.deepEqual(usersIn(await conversations.read('a')), ['two']);
      });

    it('stops the turn that runs and what waits, and nothing that comes later', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      for (const id of ['running', 'waiting', 'waiting too']) await queue.add(messageIn('a', id));
      await queue.add(messageIn('b', 'other'));
      const running = await turns.next();
      const other = await turns.next();
      await begun(running.job);
      assert.equal(await conversations.apply('a', 'stop', { kind: 'stop' }), true);
      await queue.add(messageIn('a', 'later'));
      assert.equal(await aborted(running.job.signal), 'cancelled');
      assert.equal(other.job.signal.aborted, false);
      assert.equal(await running.job.save(said(running.job.message)), 'saved');
      assert.equal(await running.job.complete(), true);
      running.end();
      other.end();
      const { job, end } = await turns.next();
      assert.deepEqual([job.message.text, job.signal.aborted], ['later', false]);
      end();
    });

    for (const kind of ['stop', 'forget'] as const)
      for (const isInBand of [false, true])
        it(`begins no turn after ${kind} that was handed out before${isInBand ? ', in band' : ''}`, async () => {
          await using engine = await open();
          const { queue, conversations } = engine;
          const turns = new HandedTurns(queue);
          const add = async (id: string) =>
            isInBand ? queue.addHere(messageIn('a', id, { isInBand })) : queue.add(messageIn('a', id));
          await add('one');
          const { job, end } = await turns.next();
          await conversations.apply('a', 'command', { kind });
          assert.deepEqual(await job.begin(), { kind: 'stopped' });
          assert.equal(await job.complete(), true);
          end();
          assert.deepEqual((await conversations.read('a')).history, []);
          if (kind === 'forget') assert.equal(await conversations.create('a'), true);
          await add('later');
          assert.equal(await turns.answerNext(), 'later');
          assert.deepEqual(usersIn(await conversations.read('a')), ['later']);
        });

    it('takes a withdrawn message out, whether it waits, runs or was answered', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      for (const id of ['answered', 'running', 'waiting', 'last']) await queue.add(messageIn('a', id));
      assert.equal(await turns.answerNext(), 'answered');
      const running = await turns.next();
      assert.deepEqual(usersIn((await begun(running.job)).record), ['answered']);
      for (const activityId of ['answered', 'running', 'waiting'])
        assert.equal(await conversations.apply('a', `delete ${activityId}`, { kind: 'withdraw', activityId }), true);
      const newest = await conversations.read('a');
      assert.deepEqual(usersIn(newest), []);
      assert.ok(newest.answered.includes(messageId(running.job.message)));
      assert.equal(running.job.signal.aborted, false);
      assert.equal(await running.job.complete(), true);
      running.end();
      assert.equal(await turns.answerNext(), 'last');
      assert.deepEqual(turns.texts, ['answered', 'running', 'last']);
    });

    it('forgets what waits, and accepts none of it again', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      for (const id of ['one', 'two']) await queue.add(messageIn('a', id));
      await conversations.apply('a', 'forget', { kind: 'forget' });
      assert.equal(await queue.add(messageIn('a', 'one')), 'duplicate');
      await queue.add(messageIn('a', 'later'));
      const turns = new HandedTurns(queue);
      assert.equal(await turns.answerNext(), 'later');
      assert.deepEqual(turns.texts, ['later']);
    });

    it('runs in-band turns in order, here, and says when they have ended', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      const add = (id: string) => queue.addHere(messageIn('a', id, { isInBand: true }));
      const [one, two] = [await add('one'), await add('two')];
      assert.deepEqual([one.result, two.result, (await add('two')).result], ['queued', 'queued', 'duplicate']);
      const first = await turns.next();
      assert.equal(first.job.isTransferable, false);
      assert.equal((await begun(first.job)).attempt, 1);
      assert.deepEqual(turns.texts, ['one']);
      assert.equal(await first.job.save(said(first.job.message)), 'saved');
      assert.equal(await first.job.complete(), true);
      first.end();
      await one.done;
      assert.equal(await turns.answerNext(), 'two');
      await two.done;
      assert.deepEqual(usersIn(await conversations.read('a')), ['one', 'two']);
    });

    it('bounds in-band turns, and stops all of them', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      const add = (id: string) => queue.addHere(messageIn('a', id, { isInBand: true }));
      await add('running');
      const running = await turns.next();
      const waiting = [];
      for (let index = 0; index < MAX_WAITING; index++) waiting.push(await add(`m${index}`));
      assert.deepEqual([...new Set(waiting.map(({ result }) => result))], ['queued']);
      const tooMuch = await add('too much');
      assert.equal(tooMuch.result, 'queueFull');
      await tooMuch.done;
      await conversations.apply('a', 'stop', { kind: 'stop' });
      assert.equal(await aborted(running.job.signal), 'cancelled');
      await Promise.all(waiting.map(({ done }) => done));
      // What comes later is not meant.
      await add('later');
      running.end();
      assert.equal(await turns.answerNext(), 'later');
      assert.deepEqual(turns.texts, ['running', 'later']);
    });

    it('cancels what waits where nobody can be reached, but for those whose requests are open', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      await queue.add(messageIn('a', 'nobody there'));
      const { done } = await queue.addHere(messageIn('a', 'in band', { isInBand: true }));
      await conversations.apply('a', undefined, { kind: 'leave' });
      const turns = new HandedTurns(queue);
      assert.equal(await turns.answerNext(), 'in band');
      await done;
      await queue.add(messageIn('a', 'later'));
      assert.equal(await turns.answerNext(), 'later');
    });

    it('waits for running turns when it is drained, then ends them, and hands out nothing more', async () => {
      await using engine = await open();
      const { queue } = engine;
      const turns = new HandedTurns(queue);
      await queue.add(messageIn('a', 'running'));
      await queue.add(messageIn('a', 'waiting'));
      const here = await queue.addHere(messageIn('c', 'in band', { isInBand: true }));
      const waitingHere = await queue.addHere(messageIn('c', 'waiting in band', { isInBand: true }));
      const running = [await turns.next(), await turns.next()];
      const dismissed: string[] = [];
      const drained = queue.drain(20, async ({ text }) => void dismissed.push(text));
      for (const { job, end } of running) {
        assert.equal(await aborted(job.signal), 'shutting_down');
        if (job.isTransferable) await job.release();
        else await job.complete();
        end();
      }
      await Promise.all([drained, here.done, waitingHere.done]);
      assert.ok(dismissed.includes('waiting in band'));
      assert.deepEqual([...turns.texts].sort(), ['in band', 'running']);
    });

    it('stores whatever people write', async () => {
      await using engine = await open();
      const turns = new HandedTurns(engine.queue);
      const text = 'a\u0000b\ud800c\\u0000 😀';
      const reference = { activity: { 'a\u0000b': ['\udc00'] }, claims: [], audience: undefined };
      assert.equal(await engine.queue.add(messageIn('a', 'odd\u0000\ud800', { text, reference })), 'queued');
      const { job, end } = await turns.next();
      await job.begin();
      assert.equal(await job.save((record) => ({ ...record, history: [{ user: text, assistant: text }] })), 'saved');
      assert.equal(await job.complete(), true);
      end();
      assert.equal((await engine.conversations.read('a')).history.length, 1);
      assert.equal(await engine.conversations.apply('a', 'c\u0000', { kind: 'note' }), true);
    });
  });
}
