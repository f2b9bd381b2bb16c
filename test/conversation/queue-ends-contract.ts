import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityDigest } from '../../src/conversation/keys.ts';
import { MAX_WAITING } from '../../src/conversation/queue/turn-queue.ts';
import { aborted, begun, HandedTurns, messageIn, said, type TestEngine, usersIn } from './test-engine.ts';
/** The contract of every queue for turns that are stopped, withdrawn, forgotten or drained, and for local turns. */
export function describeQueueEnds(name: string, open: () => Promise<TestEngine>): void {
  describe(`the ends of turns in ${name}`, () => {
    it('stops the running turn and the queued ones, but nothing that arrives later', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      for (const id of ['running', 'waiting', 'waiting too']) await queue.add(messageIn('a', id));
      await queue.add(messageIn('b', 'other'));
      const running = await turns.next();
      const other = await turns.next();
      await begun(running.job);
      assert.deepEqual(await conversations.apply('a', { kind: 'stop' }, 'stop'), { cancelledCount: 2 });
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
      for (const expectsReplies of [false, true])
        it(`begins no turn after ${kind} if it was dispatched before${expectsReplies ? ', local' : ''}`, async () => {
          await using engine = await open();
          const { queue, conversations } = engine;
          const turns = new HandedTurns(queue);
          const add = (id: string) => queue.add(messageIn('a', id, { expectsReplies }));
          await add('one');
          const { job, end } = await turns.next();
          await conversations.apply('a', { kind }, 'command');
          assert.deepEqual(await job.begin(), { kind: 'stopped' });
          assert.equal(await job.complete(), true);
          end();
          assert.deepEqual((await conversations.read('a')).history, []);
          if (kind === 'forget') assert.equal(await conversations.create('a'), true);
          await add('later');
          assert.equal(await turns.answerNext(), 'later');
          assert.deepEqual(usersIn(await conversations.read('a')), ['later']);
        });

    it('removes a withdrawn message, whether it is queued, running or answered', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      for (const id of ['answered', 'running', 'waiting', 'last']) await queue.add(messageIn('a', id));
      assert.equal(await turns.answerNext(), 'answered');
      const running = await turns.next();
      assert.deepEqual(usersIn((await begun(running.job)).record), ['answered']);
      for (const [activityId, cancelledCount] of [
        ['answered', 0],
        ['running', 0],
        ['waiting', 1],
      ] as const) {
        const withdrawal = { kind: 'withdraw', activityId } as const;
        assert.deepEqual(await conversations.apply('a', withdrawal, `delete ${activityId}`), { cancelledCount });
      }
      const newest = await conversations.read('a');
      assert.deepEqual(usersIn(newest), []);
      assert.ok(newest.answered.includes(activityDigest(running.job.message)));
      assert.equal(running.job.signal.aborted, false);
      assert.equal(await running.job.complete(), true);
      running.end();
      assert.equal(await turns.answerNext(), 'last');
      assert.deepEqual(turns.texts, ['answered', 'running', 'last']);
    });

    it('removes the messages of a forgotten conversation, and rejects their redelivery', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      for (const id of ['one', 'two']) await queue.add(messageIn('a', id));
      await conversations.apply('a', { kind: 'forget' }, 'forget');
      assert.equal((await queue.add(messageIn('a', 'one'))).result, 'duplicate');
      await queue.add(messageIn('a', 'later'));
      const turns = new HandedTurns(queue);
      assert.equal(await turns.answerNext(), 'later');
      assert.deepEqual(turns.texts, ['later']);
    });

    it('runs local turns in order in this process, and reports their ends', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      const add = (id: string) => queue.add(messageIn('a', id, { expectsReplies: true }));
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

    it('limits local turns, and stops all of them', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      const turns = new HandedTurns(queue);
      const add = (id: string) => queue.add(messageIn('a', id, { expectsReplies: true }));
      await add('running');
      const running = await turns.next();
      const waiting = [];
      for (let index = 0; index < MAX_WAITING; index++) waiting.push(await add(`m${index}`));
      assert.deepEqual([...new Set(waiting.map(({ result }) => result))], ['queued']);
      const tooMuch = await add('too much');
      assert.equal(tooMuch.result, 'queueFull');
      await tooMuch.done;
      const applied = await conversations.apply('a', { kind: 'stop' }, 'stop');
      assert.deepEqual(applied, { cancelledCount: MAX_WAITING });
      assert.equal(await aborted(running.job.signal), 'cancelled');
      await Promise.all(waiting.map(({ done }) => done));
      // Later turns are not affected.
      await add('later');
      running.end();
      assert.equal(await turns.answerNext(), 'later');
      assert.deepEqual(turns.texts, ['running', 'later']);
    });

    it('cancels the queue of an unreachable conversation, except for open requests', async () => {
      await using engine = await open();
      const { queue, conversations } = engine;
      await queue.add(messageIn('a', 'nobody there'));
      const { done } = await queue.add(messageIn('a', 'local', { expectsReplies: true }));
      await conversations.apply('a', { kind: 'leave' });
      const turns = new HandedTurns(queue);
      assert.equal(await turns.answerNext(), 'local');
      await done;
      await queue.add(messageIn('a', 'later'));
      assert.equal(await turns.answerNext(), 'later');
    });

    it('waits for running turns on drain, then aborts them, and dispatches nothing more', async () => {
      await using engine = await open();
      const { queue } = engine;
      const turns = new HandedTurns(queue);
      await queue.add(messageIn('a', 'running'));
      await queue.add(messageIn('a', 'waiting'));
      const here = await queue.add(messageIn('c', 'local', { expectsReplies: true }));
      const waitingHere = await queue.add(messageIn('c', 'waiting local', { expectsReplies: true }));
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
      assert.ok(dismissed.includes('waiting local'));
      assert.deepEqual([...turns.texts].sort(), ['local', 'running']);
    });

    it('stores any characters that users write', async () => {
      await using engine = await open();
      const turns = new HandedTurns(engine.queue);
      const text = 'a\u0000b\ud800c\\u0000 😀';
      const reference = { activity: { 'a\u0000b': ['\udc00'] }, claims: [], audience: undefined };
      assert.equal((await engine.queue.add(messageIn('a', 'odd\u0000\ud800', { text, reference }))).result, 'queued');
      const { job, end } = await turns.next();
      await job.begin();
      assert.equal(await job.save((record) => ({ ...record, history: [{ user: text, assistant: text }] })), 'saved');
      assert.equal(await job.complete(), true);
      end();
      assert.equal((await engine.conversations.read('a')).history.length, 1);
      assert.ok(await engine.conversations.apply('a', { kind: 'markHandled' }, 'c\u0000'));
    });
  });
}
