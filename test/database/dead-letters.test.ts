import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { activityDigest } from '../../src/conversation/keys.ts';
import { begun, HandedTurns, messageIn, said, usersIn } from '../conversation/test-engine.ts';
import { testInstances } from './test-instances.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const [LIST = '', PUT_BACK = '', DELETE = ''] = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);

interface Listed {
  readonly id: string;
  readonly conversation: string;
  readonly activity: string | null;
}

describe('the documented statements for dead letters', () => {
  const instances = testInstances();
  const list = () => instances.query<Listed>(LIST);
  const run = (sql: string, id: string) => instances.query(sql.replaceAll('<id>', id));

  /** A database with one dead letter, and the turns of its bot. */
  async function afterDeadLetter() {
    await instances.newDatabase();
    const { queue, conversationStore } = await instances.open();
    const turns = new HandedTurns(queue);
    await queue.add(messageIn('a', 'poison', { personKey: 'ada' }));
    const { job, end } = await turns.next();
    await begun(job);
    assert.equal(await job.deadLetter(), true);
    end();
    const [letter = assert.fail('no dead letter'), ...others] = await list();
    assert.deepEqual([letter.conversation, letter.activity, others], ['a', 'poison', []]);
    return { queue, conversationStore, turns, letter };
  }

  it('put a message back, and it is answered once, as one of its person', async () => {
    const { queue, conversationStore, turns, letter } = await afterDeadLetter();
    await run(PUT_BACK, letter.id);
    await run(PUT_BACK, letter.id);
    const { job, end } = await turns.next();
    const { record, attempt } = await begun(job);
    assert.deepEqual([job.message.text, job.message.personKey, attempt], ['poison', 'ada', 1]);
    assert.ok(!record.answered.includes(activityDigest(job.message)), 'the turn does not take it for answered');
    await job.save(said(job.message));
    assert.equal(await job.complete(), true);
    end();
    assert.deepEqual(usersIn(await conversationStore.read('a')), ['poison']);
    assert.deepEqual(await list(), []);
    await queue.add(messageIn('a', 'next'));
    assert.equal(await turns.answerNext(), 'next');
  });

  it('make a job like those of the bot, which is dead-lettered again if it crashes again', async () => {
    const { queue, turns, letter } = await afterDeadLetter();
    await queue.add(messageIn('b', 'own', { personKey: 'ada' }));
    const own = await turns.next();
    await run(PUT_BACK, letter.id);
    const again = await turns.next();
    const rows = await instances.query<Record<string, unknown>>(
      `SELECT policy, group_id, dead_letter, retry_limit, retry_delay, retry_backoff, expire_seconds, heartbeat_seconds,
         keep_until - created_on AS kept, deletion_seconds
       FROM voice_bot_queue.job WHERE state = 'active'`,
    );
    assert.equal(rows.length, 2);
    assert.deepEqual(rows[0], rows[1]);
    await begun(again.job);
    assert.equal(await again.job.deadLetter(), true);
    for (const { end } of [own, again]) end();
    const [letterAgain] = await list();
    assert.equal(letterAgain?.activity, `again ${letter.id}`);
  });

  it('leave a message that the bot cannot read where it is, and delete it', async () => {
    await instances.newDatabase();
    const { queue } = await instances.open();
    await queue.add(messageIn('a', 'one'));
    await instances.query(`UPDATE voice_bot_queue.job SET data = '{"version":99}'`);
    const turns = new HandedTurns(queue);
    await queue.add(messageIn('a', 'two'));
    assert.equal(await turns.answerNext(), 'two');
    const [letter = assert.fail('no dead letter')] = await list();
    assert.equal(letter.activity, null);
    await run(PUT_BACK, letter.id);
    assert.deepEqual(await list(), [letter]);
    await run(DELETE, letter.id);
    assert.deepEqual(await list(), []);
    assert.deepEqual(turns.texts, ['two']);
  });

  it('find a message that the bot cannot read by its conversation, and /forget deletes it', async () => {
    await instances.newDatabase();
    const { queue, conversationStore } = await instances.open();
    await queue.add(messageIn('a', 'one'));
    await instances.query(`UPDATE voice_bot_queue.job SET data = '{"version":99}'`);
    const turns = new HandedTurns(queue);
    await queue.add(messageIn('a', 'two'));
    assert.equal(await turns.answerNext(), 'two');
    assert.deepEqual(
      (await list()).map(({ conversation }) => conversation),
      ['a'],
    );
    await conversationStore.apply('a', { kind: 'forget' });
    assert.deepEqual(await list(), []);
  });
});
