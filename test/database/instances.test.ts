import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import type { TurnJob } from '../../src/conversation/queue/turn-queue.ts';
import type { ConversationRecord } from '../../src/conversation/records.ts';
import { aborted, HandedTurns, messageIn, said, usersIn } from '../conversation/test-engine.ts';
import { sharedPostgres, type TestPostgres } from '../support/postgres.ts';
import { type OpenedDatabase, type OpenOptions, openedDatabase } from './open-database.ts';

/** Turns that end as soon as they can; their texts in the order in which they were answered, by conversation. */
function answering(answered: Map<string, string[]>, onAnswer: () => void) {
  return async (job: TurnJob): Promise<void> => {
    const { key, text } = job.message;
    if ((await job.begin()) === undefined || (await job.save(said(job.message))) !== 'saved') return;
    answered.set(key, [...(answered.get(key) ?? []), text]);
    if (await job.complete()) onAnswer();
  };
}

const isWindows = process.platform === 'win32';

describe('two instances on one database', () => {
  let server: TestPostgres;
  let url = '';
  const opened: OpenedDatabase[] = [];

  async function open(options?: OpenOptions) {
    const each = await openedDatabase(url, options);
    opened.push(each);
    return each.database;
  }

  before(async () => {
    server = await sharedPostgres();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each[Symbol.asyncDispose]()));
  });

  it('answer 500 pairs of messages that they accept in turn in the order in which they were accepted', async () => {
    url = await server.createDatabase();
    const [one, other] = [await open(), await open()];
    const answered = new Map<string, string[]>();
    let answeredCount = 0;
    const { promise: allAnswered, resolve } = Promise.withResolvers<void>();
    const onAnswer = () => {
      answeredCount += 1;
      if (answeredCount === 1_000) resolve();
    };
    for (const { queue } of [one, other]) queue.start(answering(answered, onAnswer));
    const conversations = Array.from({ length: 25 }, (_, index) => `c${index}`);
    const talk = async (key: string) => {
      for (let pair = 0; pair < 20; pair++) {
        for (const [index, { queue }] of [one, other].entries()) {
          while (!(await queue.hasRoom(key))) await new Promise((retry) => setTimeout(retry, 5));
          assert.equal(await queue.add(messageIn(key, `${pair}.${index}`, { personKey: key })), 'queued');
        }
      }
    };
    await Promise.all(conversations.map(talk));
    await allAnswered;
    const expected = Array.from({ length: 20 }, (_, pair) => [`${pair}.0`, `${pair}.1`]).flat();
    for (const key of conversations) {
      assert.deepEqual(answered.get(key), expected);
      assert.deepEqual(usersIn(await one.conversations.read(key)), expected);
    }
  });

  it('start at once on an empty database', async () => {
    url = await server.createDatabase();
    const databases = await Promise.all([1, 2, 3, 4].map(() => open()));
    for (const [index, { queue }] of databases.entries()) await queue.add(messageIn('a', `m${index}`));
    for (const { lines } of opened)
      assert.deepEqual(
        lines.filter(({ level }) => level !== 'info' && level !== 'debug'),
        [],
      );
    const turns = new HandedTurns((databases[0] ?? assert.fail()).queue);
    for (let index = 0; index < 4; index++) assert.equal(await turns.answerNext(), `m${index}`);
  });

  it('take over what an instance leaves that was killed, and count its attempt', async () => {
    url = await server.createDatabase();
    const killed = await open();
    await killed.queue.add(messageIn('a', 'one'));
    const turn = await new HandedTurns(killed.queue).next();
    assert.equal((await turn.job.begin())?.attempt, 1);
    turn.job.noteStream('stream');
    await killed.queue.add(messageIn('a', 'two'));
    // It touches nothing any more, as if it had been killed; its heartbeat was the last 30 s ago.
    await opened[0]?.[Symbol.asyncDispose]();
    await server.query(
      "UPDATE voice_bot_queue.job SET heartbeat_on = now() - interval '31 s' WHERE state = 'active'",
      url,
    );
    const other = await open();
    const turns = new HandedTurns(other.queue);
    const { job, end } = await turns.next();
    const start = await job.begin();
    assert.deepEqual([job.message.text, start?.attempt, start?.streamId], ['one', 2, 'stream']);
    // However often it is called.
    assert.equal((await job.begin())?.attempt, 2);
    assert.equal(await job.complete(), true);
    end();
    assert.equal(await turns.answerNext(), 'two');
  });

  it('let an attempt that has lost its claim write nothing', async () => {
    url = await server.createDatabase();
    const { queue, conversations } = await open();
    const turns = new HandedTurns(queue);
    await queue.add(messageIn('a', 'one'));
    const late = await turns.next();
    await late.job.begin();
    assert.equal(await late.job.save(said(late.job.message)), 'saved');
    // What supervision does with a job without a heartbeat.
    await server.query("UPDATE voice_bot_queue.job SET state = 'retry' WHERE state = 'active'", url);
    assert.equal(await late.job.save(said(late.job.message)), 'superseded');
    const { job, end } = await turns.next();
    assert.equal((await job.begin())?.attempt, 2);
    assert.equal(await late.job.save(said(late.job.message)), 'superseded');
    assert.equal(await late.job.complete(), false);
    assert.equal(await late.job.deadLetter(), false);
    assert.equal(await late.job.begin(), undefined);
    assert.equal(await aborted(late.job.signal), 'claim_lost');
    await late.job.release();
    late.end();
    assert.equal(job.signal.aborted, false);
    assert.equal(await job.complete(), true);
    assert.equal(await job.complete(), true, 'the answer to the first call may be lost');
    end();
    assert.deepEqual(usersIn(await conversations.read('a')), ['one']);
    const dead = await server.query("SELECT 1 FROM voice_bot_queue.job WHERE name = 'turns_dead'", url);
    assert.deepEqual(dead, []);
  });

  it('hand over what an instance gives back at once, and do not count that', async () => {
    url = await server.createDatabase();
    const [leaving, other] = [await open(), await open()];
    await leaving.queue.add(messageIn('a', 'one'));
    await leaving.queue.add(messageIn('a', 'two'));
    const turn = await new HandedTurns(leaving.queue).next();
    await turn.job.begin();
    const drained = leaving.queue.drain(60_000, async () => assert.fail('others answer'));
    const turns = new HandedTurns(other.queue);
    await turn.job.release();
    await turn.job.release();
    turn.end();
    await drained;
    const { job, end } = await turns.next();
    assert.deepEqual([job.message.text, (await job.begin())?.attempt], ['one', 1]);
    await job.complete();
    end();
    assert.equal(await turns.answerNext(), 'two');
  });

  it('give up a message that outages and shutdowns have interrupted a hundred times, and go on', async () => {
    url = await server.createDatabase();
    const { queue } = await open();
    for (const id of ['one', 'two']) await queue.add(messageIn('a', id));
    // As a hundred claims would leave it.
    await server.query(
      "UPDATE voice_bot_queue.job SET retry_count = 100 WHERE data -> 'message' ->> 'text' = 'one'",
      url,
    );
    const turns = new HandedTurns(queue);
    const interrupted = await turns.next();
    await interrupted.job.release();
    interrupted.end();
    const { job, end } = await turns.next();
    assert.equal(job.message.text, 'one');
    assert.equal((await job.begin())?.attempt, Number.POSITIVE_INFINITY);
    assert.equal(await job.deadLetter(), true);
    end();
    assert.equal(await turns.answerNext(), 'two');
  });

  it('stop a turn of the other within a second, also after the connection of its listener was lost', async () => {
    url = await server.createDatabase();
    const [running, stopping] = [await open(), await open({ env: { DISPATCH: 'false' } })];
    const turns = new HandedTurns(running.queue);
    for (const [index, isListenerLost] of [false, true].entries()) {
      await running.queue.add(messageIn('a', `m${index}`));
      const { job, end } = await turns.next();
      const here = await running.queue.addHere(messageIn('a', `in band ${index}`, { isInBand: true }));
      const inBand = isListenerLost ? undefined : await turns.next();
      if (isListenerLost)
        await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'", url);
      const startMs = Date.now();
      assert.equal(await stopping.conversations.apply('a', `stop ${index}`, { kind: 'stop' }), true);
      assert.equal(await aborted(job.signal), 'cancelled');
      assert.ok(Date.now() - startMs < 1_000, `${Date.now() - startMs} ms`);
      if (inBand !== undefined) assert.equal(await aborted(inBand.job.signal), 'cancelled');
      await job.begin();
      await job.complete();
      end();
      (inBand ?? (await turns.next())).end();
      await here.done;
    }
  });

  it('stop nothing that comes after the command, however late its notification', { skip: isWindows }, async () => {
    url = await server.createDatabase();
    const here = await open();
    const [listener] = await server.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
      url,
    );
    const other = await open({ env: { DISPATCH: 'false' } });
    const turns = new HandedTurns(here.queue);
    await here.queue.add(messageIn('b', 'running'));
    const { job, end } = await turns.next();
    await here.queue.addHere(messageIn('a', 'running in band', { isInBand: true }));
    const running = await turns.next();
    const { pid } = listener ?? assert.fail();
    process.kill(pid, 'SIGSTOP');
    await here.conversations.apply('a', 'stop', { kind: 'stop' });
    assert.equal(await aborted(running.job.signal), 'cancelled');
    const later = await here.queue.addHere(messageIn('a', 'later', { isInBand: true }));
    process.kill(pid, 'SIGCONT');
    // Notifications arrive in their order.
    await other.conversations.apply('b', 'stop', { kind: 'stop' });
    assert.equal(await aborted(job.signal), 'cancelled');
    for (const each of [end, running.end]) each();
    assert.equal(await turns.answerNext(), 'later');
    await later.done;
  });

  it('take no turns where they are told to leave that to others', async () => {
    url = await server.createDatabase();
    const slot = await open({ env: { DISPATCH: 'false' } });
    slot.queue.start(async () => assert.fail('it takes no turns'));
    await slot.queue.add(messageIn('a', 'one'));
    const live = await open();
    assert.equal(await new HandedTurns(live.queue).answerNext(), 'one');
  });

  it('keep bots apart that have schemas of their own', async () => {
    url = await server.createDatabase();
    const [one, two] = [
      await open({ env: { DATABASE_SCHEMA: 'one' } }),
      await open({ env: { DATABASE_SCHEMA: 'two' } }),
    ];
    two.queue.start(async () => assert.fail('it is not its message'));
    await one.queue.add(messageIn('a', 'one'));
    assert.equal(await new HandedTurns(one.queue).answerNext(), 'one');
    assert.deepEqual(usersIn(await two.conversations.read('a')), []);
  });

  it('leave no text behind of what is forgotten', async () => {
    url = await server.createDatabase();
    const { queue, conversations } = await open();
    const turns = new HandedTurns(queue);
    const texts = async () => {
      const jobs = await server.query("SELECT 1 FROM voice_bot_queue.job WHERE data::text LIKE '%secret%'", url);
      const records = await server.query(
        "SELECT 1 FROM voice_bot.conversations WHERE record::text LIKE '%secret%'",
        url,
      );
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
    assert.deepEqual(await texts(), [5, 1]);
    await conversations.apply('a', 'forget', { kind: 'forget' });
    assert.deepEqual(await texts(), [1, 0]);
    assert.equal(await running.job.save(said(running.job.message)), 'obsolete');
    assert.equal(await running.job.complete(), true);
    running.end();
    assert.deepEqual(await texts(), [0, 0]);
  });

  it('accept nothing more when 5,000 messages wait, and keep no trace of it', async () => {
    url = await server.createDatabase();
    const { queue } = await open();
    await server.query(
      `INSERT INTO voice_bot_queue.job (name, singleton_key, policy, data)
       SELECT 'turns', 'k' || n, 'key_strict_fifo', '{}' FROM generate_series(1, 5000) n`,
      url,
    );
    assert.equal(await queue.add(messageIn('a', 'one')), 'busy');
    await server.query("DELETE FROM voice_bot_queue.job WHERE singleton_key = 'k1'", url);
    assert.equal(await queue.add(messageIn('a', 'one')), 'queued');
  });

  it('put aside what they cannot read, and go on', async () => {
    url = await server.createDatabase();
    const { queue } = await open();
    await server.query(
      `INSERT INTO voice_bot_queue.job (name, singleton_key, policy, data) VALUES ('turns', 'a', 'key_strict_fifo', '{"version":7}')`,
      url,
    );
    await queue.add(messageIn('a', 'one'));
    assert.equal(await new HandedTurns(queue).answerNext(), 'one');
    const dead = await server.query("SELECT data FROM voice_bot_queue.job WHERE name = 'turns_dead'", url);
    assert.deepEqual(dead, [{ data: { version: 7 } }]);
  });

  it('put aside a message in which a part cannot be read, and hold up none that were fetched with it', async () => {
    url = await server.createDatabase();
    const { queue } = await open();
    await queue.add(messageIn('a', 'broken'));
    await server.query(`UPDATE voice_bot_queue.job SET data = jsonb_set(data, '{message,attachments}', '[null]')`, url);
    await queue.add(messageIn('b', 'one'));
    await queue.add(messageIn('a', 'two'));
    const turns = new HandedTurns(queue);
    assert.deepEqual([await turns.answerNext(), await turns.answerNext()].sort(), ['one', 'two']);
  });

  it('read what a newer release has stored', async () => {
    url = await server.createDatabase();
    const { queue, conversations } = await open();
    await queue.add(messageIn('a', 'one'));
    await server.query(`UPDATE voice_bot_queue.job SET data = data || '{"version": 2, "more": true}'`, url);
    await server.query(
      `INSERT INTO voice_bot.conversations (key, version, record) VALUES ('a', 9, '{"version": 9, "later": 1, "history": "?"}')`,
      url,
    );
    assert.equal(await new HandedTurns(queue).answerNext(), 'one');
    const record: ConversationRecord & { later?: unknown } = await conversations.read('a');
    assert.deepEqual([record.version, record.later, usersIn(record)], [9, 1, ['one']]);
  });
});
