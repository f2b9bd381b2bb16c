import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityDigest } from '../../src/conversation/keys.ts';
import { MAX_WAITING } from '../../src/conversation/queue/turn-queue.ts';
import type { ConversationRecord } from '../../src/conversation/records.ts';
import { notifyChannelOf } from '../../src/database/names.ts';
import { begun, HandedTurns, messageIn, said, usersIn } from '../conversation/test-engine.ts';
import { testInstances } from './test-instances.ts';

describe('stored messages', () => {
  const instances = testInstances();
  const { open } = instances;

  it('leave no text behind after they were forgotten', async () => {
    await instances.newDatabase();
    const { queue, conversationStore: conversations } = await open();
    const turns = new HandedTurns(queue);
    const texts = async () => {
      const jobs = await instances.query("SELECT 1 FROM voice_bot_queue.job WHERE data::text LIKE '%secret%'");
      const records = await instances.query("SELECT 1 FROM voice_bot.conversations WHERE record::text LIKE '%secret%'");
      return [jobs.length, records.length];
    };
    for (const id of ['answered', 'dead', 'running', 'waiting'])
      await queue.add(messageIn('a', id, { text: `secret ${id}` }));
    await turns.answerNext();
    const dead = await turns.next();
    await dead.job.begin();
    assert.equal(await dead.job.deadLetter(), true);
    dead.end();
    const running = await turns.next();
    await running.job.begin();
    assert.deepEqual(await texts(), [3, 1]);
    await conversations.apply('a', { kind: 'forget' }, 'forget');
    assert.deepEqual(await texts(), [1, 0]);
    assert.equal(await running.job.save(said(running.job.message)), 'obsolete');
    assert.equal(await running.job.complete(), true);
    running.end();
    assert.deepEqual(await texts(), [0, 0]);
    assert.equal((await queue.add(messageIn('a', 'running'))).result, 'duplicate');
    await queue.add(messageIn('a', 'poison', { text: 'secret poison' }));
    const poison = await turns.next();
    await begun(poison.job);
    await conversations.apply('a', { kind: 'forget' }, 'again');
    assert.equal(await poison.job.deadLetter(), true);
    poison.end();
    assert.deepEqual(await texts(), [0, 0]);
  });

  it('are reduced to their ids when they are rejected or cancelled', async () => {
    await instances.newDatabase();
    const { queue, conversationStore: conversations } = await open();
    const add = (id: string) => queue.add(messageIn('a', id, { text: 'x'.repeat(1_000) }));
    for (let index = 0; index <= MAX_WAITING; index++) assert.equal((await add(`m${index}`)).result, 'queued');
    assert.equal((await add('too much')).result, 'queueFull');
    assert.equal((await add('too much')).result, 'duplicate');
    await conversations.apply('a', { kind: 'stop' }, 'stop');
    const kept = await instances.query(
      'SELECT state::text, data, count(*)::int FROM voice_bot_queue.job GROUP BY 1, 2',
    );
    assert.deepEqual(kept, [{ state: 'cancelled', data: {}, count: MAX_WAITING + 2 }]);
  });

  it('are not answered again after their reply was sent, even if the claim was lost before completion', async () => {
    await instances.newDatabase();
    const { queue } = await open();
    const turns = new HandedTurns(queue);
    await queue.add(messageIn('a', 'one'));
    const late = await turns.next();
    await begun(late.job);
    const unsent = { messageId: activityDigest(late.job.message), reply: { text: 'a reply' } };
    await late.job.save((record) => ({ ...record, unsent }));
    await instances.query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'");
    assert.equal(await late.job.complete({ isDelivered: true }), false);
    late.end();
    const { job, end } = await turns.next();
    const { record } = await begun(job);
    assert.deepEqual([record.unsent, record.answered], [undefined, [activityDigest(job.message)]]);
    assert.equal(await job.complete(), true);
    end();
  });

  it('are deleted with the audio of a forgotten conversation', async () => {
    await instances.newDatabase();
    const { audioStore, conversationStore: conversations } = await open();
    const sound = { conversation: 'a', text: '', locale: undefined, durationMs: 1, wav: Buffer.from('RIFF') };
    const saved = await audioStore.save(sound);
    await conversations.apply('a', { kind: 'forget' }, 'forget');
    assert.equal(await audioStore.find(saved?.id ?? assert.fail()), undefined);
  });

  it('are not affected by any notification, whoever sends it', async () => {
    await instances.newDatabase();
    const { queue } = await open();
    const channel = notifyChannelOf('voice_bot');
    for (const payload of ['', '{x', ' ', 'a ', 'null', '{"stop": 1}'])
      await instances.query(`SELECT pg_notify('${channel}', '${payload}')`);
    await queue.add(messageIn('a', 'one'));
    assert.equal(await new HandedTurns(queue).answerNext(), 'one');
  });

  it('are limited to 5,000, and leave no trace beyond that', async () => {
    await instances.newDatabase();
    const { queue } = await open();
    await instances.query(
      `INSERT INTO voice_bot_queue.job (name, singleton_key, policy, data)
       SELECT 'turns', 'k' || n, 'key_strict_fifo', '{}' FROM generate_series(1, 5000) n`,
    );
    assert.equal((await queue.add(messageIn('a', 'one'))).result, 'busy');
    await instances.query("DELETE FROM voice_bot_queue.job WHERE singleton_key = 'k1'");
    assert.equal((await queue.add(messageIn('a', 'one'))).result, 'queued');
  });

  it('are set aside if they cannot be parsed, and the queue continues', async () => {
    await instances.newDatabase();
    const { queue } = await open();
    await instances.query(
      `INSERT INTO voice_bot_queue.job (name, singleton_key, policy, data) VALUES ('turns', 'a', 'key_strict_fifo', '{"version":7}')`,
    );
    await queue.add(messageIn('a', 'one'));
    assert.equal(await new HandedTurns(queue).answerNext(), 'one');
    const dead = await instances.query("SELECT data FROM voice_bot_queue.job WHERE name = 'turns_dead'");
    assert.deepEqual(dead, [{ data: { version: 7 } }]);
  });

  it('are set aside if a part cannot be parsed, and do not delay those fetched with them', async () => {
    await instances.newDatabase();
    const { queue } = await open();
    await queue.add(messageIn('a', 'broken'));
    await instances.query(`UPDATE voice_bot_queue.job SET data = jsonb_set(data, '{message,attachments}', '[null]')`);
    await queue.add(messageIn('b', 'one'));
    await queue.add(messageIn('a', 'two'));
    const turns = new HandedTurns(queue);
    assert.deepEqual([await turns.answerNext(), await turns.answerNext()].sort(), ['one', 'two']);
  });

  it('of a newer release can be read', async () => {
    await instances.newDatabase();
    const { queue, conversationStore: conversations } = await open();
    await queue.add(messageIn('a', 'one'));
    await instances.query(`UPDATE voice_bot_queue.job SET data = data || '{"version": 2, "more": true}'`);
    await instances.query(
      `INSERT INTO voice_bot.conversations (key, version, record) VALUES ('a', 9, '{"version": 9, "later": 1, "history": "?"}')`,
    );
    assert.equal(await new HandedTurns(queue).answerNext(), 'one');
    const record: ConversationRecord & { later?: unknown } = await conversations.read('a');
    assert.deepEqual([record.version, record.later, usersIn(record)], [9, 1, ['one']]);
  });
});
