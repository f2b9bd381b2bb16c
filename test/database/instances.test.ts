import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TurnJob } from '../../src/conversation/queue/turn-queue.ts';
import { aborted, HandedTurns, messageIn, said, usersIn } from '../conversation/test-engine.ts';
import { testInstances } from './test-instances.ts';

/** Turns that end at once; their texts in the order of the answers, by conversation. */
function answering(answered: Map<string, string[]>, onAnswer: () => void) {
  return async (job: TurnJob): Promise<void> => {
    const { key, text } = job.message;
    if ((await job.begin()).kind !== 'begun' || (await job.save(said(job.message))) !== 'saved') return;
    answered.set(key, [...(answered.get(key) ?? []), text]);
    if (await job.complete()) onAnswer();
  };
}

const isWindows = process.platform === 'win32';

describe('two instances on one database', () => {
  const instances = testInstances();
  const { open } = instances;

  it('answer 200 pairs of alternately accepted messages in the order of acceptance', async () => {
    await instances.newDatabase();
    const [one, other] = [await open(), await open()];
    const answered = new Map<string, string[]>();
    let answeredCount = 0;
    const { promise: allAnswered, resolve } = Promise.withResolvers<void>();
    const onAnswer = () => {
      answeredCount += 1;
      if (answeredCount === 400) resolve();
    };
    for (const { queue } of [one, other]) queue.start(answering(answered, onAnswer));
    const conversations = Array.from({ length: 10 }, (_, index) => `c${index}`);
    const talk = async (key: string) => {
      for (let pair = 0; pair < 20; pair++) {
        for (const [index, { queue }] of [one, other].entries()) {
          const message = messageIn(key, `${pair}.${index}`, { personKey: key });
          while (!(await queue.hasRoom(message))) await new Promise((retry) => setTimeout(retry, 5));
          assert.equal((await queue.add(message)).result, 'queued');
        }
      }
    };
    await Promise.all(conversations.map(talk));
    await allAnswered;
    const expected = Array.from({ length: 20 }, (_, pair) => [`${pair}.0`, `${pair}.1`]).flat();
    for (const key of conversations) {
      assert.deepEqual(answered.get(key), expected);
      assert.deepEqual(usersIn(await one.conversationStore.read(key)), expected);
    }
  });

  it('start concurrently on an empty database', async () => {
    await instances.emptyDatabase();
    const databases = await Promise.all([1, 2, 3, 4].map(() => open()));
    for (const [index, { queue }] of databases.entries()) await queue.add(messageIn('a', `m${index}`));
    for (const { lines } of instances.opened)
      assert.deepEqual(
        lines.filter(({ level }) => level !== 'info' && level !== 'debug'),
        [],
      );
    const turns = new HandedTurns((databases[0] ?? assert.fail()).queue);
    for (let index = 0; index < 4; index++) assert.equal(await turns.answerNext(), `m${index}`);
  });

  it("stop each other's turns within a second, even after a lost listener connection", async () => {
    await instances.newDatabase();
    const [running, stopping] = [await open(), await open({ env: { DISPATCH: 'false' } })];
    const turns = new HandedTurns(running.queue);
    for (const [index, isListenerLost] of [false, true].entries()) {
      await running.queue.add(messageIn('a', `m${index}`));
      const { job, end } = await turns.next();
      const here = await running.queue.add(messageIn('a', `local ${index}`, { expectsReplies: true }));
      const local = isListenerLost ? undefined : await turns.next();
      if (isListenerLost)
        await instances.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
      const startMs = Date.now();
      assert.ok(await stopping.conversationStore.apply('a', { kind: 'stop' }, `stop ${index}`));
      assert.equal(await aborted(job.signal), 'cancelled');
      assert.ok(Date.now() - startMs < 1_000, `${Date.now() - startMs} ms`);
      if (local !== undefined) assert.equal(await aborted(local.job.signal), 'cancelled');
      await job.begin();
      await job.complete();
      end();
      (local ?? (await turns.next())).end();
      await here.done;
    }
  });

  it('stop nothing that arrives after the command, however late its notification', { skip: isWindows }, async () => {
    await instances.newDatabase();
    const here = await open();
    const listening = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    let pid: number | undefined;
    while (pid === undefined) pid = (await instances.query<{ pid: number }>(listening))[0]?.pid;
    const other = await open({ env: { DISPATCH: 'false' } });
    const turns = new HandedTurns(here.queue);
    await here.queue.add(messageIn('b', 'running'));
    const { job, end } = await turns.next();
    await here.queue.add(messageIn('a', 'running local', { expectsReplies: true }));
    const running = await turns.next();
    process.kill(pid, 'SIGSTOP');
    await here.conversationStore.apply('a', { kind: 'stop' }, 'stop');
    assert.equal(await aborted(running.job.signal), 'cancelled');
    const later = await here.queue.add(messageIn('a', 'later', { expectsReplies: true }));
    process.kill(pid, 'SIGCONT');
    // Notifications arrive in order.
    await other.conversationStore.apply('b', { kind: 'stop' }, 'stop');
    assert.equal(await aborted(job.signal), 'cancelled');
    for (const each of [end, running.end]) each();
    assert.equal(await turns.answerNext(), 'later');
    await later.done;
  });

  it('run no turns if that is switched off', async () => {
    await instances.newDatabase();
    const slot = await open({ env: { DISPATCH: 'false' } });
    slot.queue.start(async () => assert.fail('it takes no turns'));
    await slot.queue.add(messageIn('a', 'one'));
    const live = await open();
    assert.equal(await new HandedTurns(live.queue).answerNext(), 'one');
  });

  it('separate bots that have schemas of their own', async () => {
    await instances.newDatabase();
    const [one, two] = [
      await open({ env: { DATABASE_SCHEMA: 'one' } }),
      await open({ env: { DATABASE_SCHEMA: 'two' } }),
    ];
    two.queue.start(async () => assert.fail('it is not its message'));
    await one.queue.add(messageIn('a', 'one'));
    assert.equal(await new HandedTurns(one.queue).answerNext(), 'one');
    assert.deepEqual(usersIn(await two.conversationStore.read('a')), []);
  });
});
