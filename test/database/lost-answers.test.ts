import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConversationRecord } from '../../src/conversation/records.ts';
import type { StoreError } from '../../src/errors.ts';
import { begun, HandedTurns, messageIn, usersIn } from '../conversation/test-engine.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { openedDatabase, preparedDatabase } from './open-database.ts';

/** A database behind a network that loses responses. */
async function openBehindProxy() {
  const server = await sharedPostgres();
  const proxy = await startPostgresProxy(server.port);
  const opened = await openedDatabase(proxy.addressOf(await preparedDatabase()));
  const { queue, conversationStore: conversations } = opened.database;
  /** The call fails although it was executed; the same call again returns its result. */
  async function twice<T>(call: () => Promise<T>): Promise<T> {
    const lostBefore = proxy.lostCount;
    proxy.rule = ({ text }) => {
      if (text !== 'COMMIT') return 'pass';
      proxy.rule = () => 'pass';
      return 'dropResponse';
    };
    await assert.rejects(call(), (error: unknown) => (error as StoreError).code === 'store_unavailable');
    assert.equal(proxy.lostCount, lostBefore + 1);
    return call();
  }
  async function close() {
    await opened[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  }
  return { queue, conversations, twice, [Symbol.asyncDispose]: close };
}

describe('a lost response to COMMIT', () => {
  it('duplicates no message', async () => {
    await using test = await openBehindProxy();
    await test.queue.add(messageIn('a', 'first'));
    assert.equal((await test.twice(() => test.queue.add(messageIn('a', 'one')))).result, 'duplicate');
    const turns = new HandedTurns(test.queue);
    for (const id of ['first', 'one']) assert.equal(await turns.answerNext(), id);
    assert.deepEqual(turns.texts, ['first', 'one']);
  });

  it('lets a turn save and complete nevertheless', async () => {
    await using test = await openBehindProxy();
    await test.queue.add(messageIn('a', 'one'));
    const turns = new HandedTurns(test.queue);
    const { job, end } = await turns.next();
    await job.begin();
    const edit = (record: ConversationRecord): ConversationRecord =>
      record.sessionVersion === job.id
        ? record
        : { ...record, sessionVersion: job.id, history: [...record.history, { user: 'one', assistant: 'two' }] };
    assert.equal(await job.save(edit), 'saved');
    assert.equal(await test.twice(() => job.save(edit)), 'saved');
    assert.equal(await test.twice(() => job.complete()), true);
    end();
    assert.deepEqual(usersIn(await test.conversations.read('a')), ['one']);
  });

  it('does not undo the end of an obsolete turn', async () => {
    await using test = await openBehindProxy();
    await test.queue.add(messageIn('a', 'one'));
    const { job, end } = await new HandedTurns(test.queue).next();
    await job.begin();
    await test.conversations.apply('a', { kind: 'reset' }, 'reset');
    assert.equal(await test.twice(() => job.complete()), true);
    end();
  });

  it('returns a turn to the queue once', async () => {
    await using test = await openBehindProxy();
    await test.queue.add(messageIn('a', 'one'));
    const turns = new HandedTurns(test.queue);
    const first = await turns.next();
    await first.job.begin();
    await test.twice(() => first.job.release());
    first.end();
    const { job, end } = await turns.next();
    assert.equal((await begun(job)).attempt, 1);
    assert.equal(await job.complete(), true);
    end();
  });

  it('does not apply an action twice', async () => {
    await using test = await openBehindProxy();
    await test.conversations.apply('a', { kind: 'markHandled' }, 'zero');
    const edit = (record: ConversationRecord) => ({ ...record, rejectedTurns: record.rejectedTurns + 1 });
    assert.equal(await test.twice(() => test.conversations.apply('a', { kind: 'edit', edit }, 'one')), undefined);
    assert.equal((await test.conversations.read('a')).rejectedTurns, 1);
  });
});
