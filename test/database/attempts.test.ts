import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EMPTY_RECORD } from '../../src/conversation/records.ts';
import { aborted, begun, HandedTurns, messageIn, said, usersIn } from '../conversation/test-engine.ts';
import { inTime } from '../realtime/gathered.ts';
import { testInstances } from './test-instances.ts';

describe('attempts at a message', () => {
  const instances = testInstances();
  const { open } = instances;

  it("take over a killed instance's messages, and count its attempt", async () => {
    await instances.newDatabase();
    const killed = await open();
    await killed.queue.add(messageIn('a', 'one'));
    const turn = await new HandedTurns(killed.queue).next();
    assert.equal((await begun(turn.job)).attempt, 1);
    turn.job.saveStreamId('stream');
    await killed.queue.add(messageIn('a', 'two'));
    // It sends nothing any more, as if it had been killed; its last heartbeat was 30 s ago.
    await instances.kill();
    await instances.query(
      "UPDATE voice_bot_queue.job SET heartbeat_on = now() - interval '31 s' WHERE state = 'active'",
    );
    const other = await open();
    const turns = new HandedTurns(other.queue);
    const { job, end } = await turns.next();
    const start = await begun(job);
    assert.deepEqual([job.message.text, start.attempt, start.streamId], ['one', 2, 'stream']);
    // However often it is called.
    assert.equal((await begun(job)).attempt, 2);
    assert.equal(await job.complete(), true);
    end();
    assert.equal(await turns.answerNext(), 'two');
  });

  for (const kind of ['stop', 'forget'] as const)
    it(`answer nothing after ${kind} if they take over from a killed instance`, async () => {
      await instances.newDatabase();
      const killed = await open();
      await killed.queue.add(messageIn('a', 'one'));
      const turn = await new HandedTurns(killed.queue).next();
      await turn.job.begin();
      await instances.kill();
      const other = await open();
      await other.conversationStore.apply('a', { kind }, 'command');
      await instances.query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'");
      const turns = new HandedTurns(other.queue);
      const { job, end } = await turns.next();
      assert.deepEqual(await job.begin(), { kind: 'stopped' });
      assert.equal(await job.complete(), true);
      end();
      await other.queue.add(messageIn('a', 'later'));
      assert.equal(await turns.answerNext(), 'later');
    });

  it('write nothing after they lost their claim', async () => {
    await instances.newDatabase();
    const { queue, conversationStore: conversations } = await open();
    const turns = new HandedTurns(queue);
    await queue.add(messageIn('a', 'one'));
    const late = await turns.next();
    await late.job.begin();
    assert.equal(await late.job.save(said(late.job.message)), 'saved');
    // The work of supervision with a job whose heartbeat is missing.
    await instances.query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'");
    const { job, end } = await turns.next();
    assert.equal(await aborted(late.job.signal), 'claim_lost');
    assert.equal((await begun(job)).attempt, 2);
    assert.equal(await late.job.save(said(late.job.message)), 'superseded');
    assert.equal(await late.job.complete(), false);
    assert.equal(await late.job.deadLetter(), false);
    assert.deepEqual(await late.job.begin(), { kind: 'superseded' });
    await late.job.release();
    late.end();
    assert.equal(job.signal.aborted, false);
    assert.equal(await job.complete(), true);
    assert.equal(await job.complete(), true, 'the answer to the first call may be lost');
    end();
    assert.deepEqual(usersIn(await conversations.read('a')), ['one']);
    const dead = await instances.query("SELECT 1 FROM voice_bot_queue.job WHERE name = 'turns_dead'");
    assert.deepEqual(dead, []);
  });

  it('continue at once on another instance after a release, which is not counted', async () => {
    await instances.newDatabase();
    const [leaving, other] = [await open(), await open()];
    await leaving.queue.add(messageIn('a', 'one'));
    await leaving.queue.add(messageIn('a', 'two'));
    const handed = new HandedTurns(leaving.queue);
    const turn = await handed.next();
    await turn.job.begin();
    // A fetch that has begun before the drain may get the message once more: every turn gives it back then.
    void handed.next().then(async ({ job, end }) => {
      await job.release();
      end();
    });
    const drained = leaving.queue.drain(60_000, async () => assert.fail('others answer'));
    const turns = new HandedTurns(other.queue);
    await turn.job.release();
    await turn.job.release();
    turn.end();
    await drained;
    const { job, end } = await turns.next();
    assert.deepEqual([job.message.text, (await begun(job)).attempt], ['one', 1]);
    await job.complete();
    end();
    assert.equal(await turns.answerNext(), 'two');
  });

  it('dead-letter a message that outages and shutdowns have interrupted a hundred times, and continue', async () => {
    await instances.newDatabase();
    const { queue } = await open();
    for (const id of ['one', 'two']) await queue.add(messageIn('a', id));
    // The state after a hundred claims.
    await instances.query(
      "UPDATE voice_bot_queue.job SET retry_count = 100 WHERE data -> 'message' ->> 'text' = 'one'",
    );
    const turns = new HandedTurns(queue);
    const interrupted = await turns.next();
    await interrupted.job.release();
    interrupted.end();
    const { job, end } = await turns.next();
    assert.equal(job.message.text, 'one');
    assert.equal((await begun(job)).attempt, Number.POSITIVE_INFINITY);
    assert.equal(await job.deadLetter(), true);
    end();
    assert.equal(await turns.answerNext(), 'two');
  });

  it('do not keep other messages waiting, however many have crashed twice', async () => {
    await instances.newDatabase();
    const accepting = await open({ env: { DISPATCH: 'false' } });
    const ids = Array.from({ length: 200 }, (_, index) => `suspect ${index}`);
    await Promise.all(ids.map((id) => accepting.queue.add(messageIn(id, id, { personKey: id }))));
    await instances.query("UPDATE voice_bot_queue.job SET retry_count = 2 WHERE name = 'turns'");
    await instances.query(
      `INSERT INTO voice_bot.conversations (key, version, record, attempt_job, attempts)
       SELECT singleton_key, ${EMPTY_RECORD.version}, '${JSON.stringify(EMPTY_RECORD)}', id, '{0,1}'
       FROM voice_bot_queue.job WHERE name = 'turns'`,
    );
    await accepting.queue.add(messageIn('healthy', 'healthy'));
    const turns = new HandedTurns((await open()).queue);
    const suspect = await turns.next();
    assert.match(suspect.job.message.text, /^suspect/);
    const healthy = await inTime(turns.next());
    assert.equal(healthy.job.message.text, 'healthy');
    for (const { job, end } of [suspect, healthy]) {
      await begun(job);
      await job.complete();
      end();
    }
    const later = await inTime(turns.next());
    assert.match(later.job.message.text, /^suspect/);
    await later.job.release();
    later.end();
  });

  it('run one by one after two crashes, so that only the message that crashes the process is dead-lettered', async () => {
    await instances.newDatabase();
    const accepting = await open({ env: { DISPATCH: 'false' } });
    for (const id of ['culprit', 'b', 'c']) await accepting.queue.add(messageIn(id, id));
    await instances.kill();
    const attempts = new Map<string, number>();
    /** An instance that ends with the culprit and with all concurrent turns. */
    const endWithCulprit = async (isOneByOne: boolean) => {
      const database = await open();
      const turns = new HandedTurns(database.queue);
      for (let leftCount = isOneByOne ? 1 : 3; leftCount > 0; leftCount--) {
        const { job, end } = await turns.next();
        attempts.set(job.message.text, (await begun(job)).attempt);
        if (!isOneByOne) continue;
        assert.equal(turns.texts.at(-1), job.message.text);
        if (job.message.text === 'culprit') continue;
        await job.complete();
        end();
        leftCount++;
      }
      await instances.kill();
      await instances.query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'");
    };
    for (const isOneByOne of [false, false, true]) await endWithCulprit(isOneByOne);
    const turns = new HandedTurns((await open()).queue);
    while (attempts.get('culprit') !== 4 || attempts.get('b') !== 3 || attempts.get('c') !== 3) {
      const { job, end } = await turns.next();
      attempts.set(job.message.text, (await begun(job)).attempt);
      await job.complete();
      end();
    }
    assert.deepEqual([...attempts].sort(), [
      ['b', 3],
      ['c', 3],
      ['culprit', 4],
    ]);
  });
});
