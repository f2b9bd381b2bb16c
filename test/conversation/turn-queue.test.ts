import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { type DismissReason, type Job, MOST_WAITING, TurnQueue } from '../../src/conversation/turn-queue.ts';

/** A job that runs until it is told to end, and writes down what happens to it. */
class HeldJob implements Job {
  readonly #name: string;
  readonly #diary: string[];
  readonly #end = Promise.withResolvers<void>();

  constructor(name: string, diary: string[]) {
    this.#name = name;
    this.#diary = diary;
  }

  async run(): Promise<void> {
    this.#diary.push(`${this.#name} begins`);
    await this.#end.promise;
    this.#diary.push(`${this.#name} ends`);
  }

  async dismiss(why: DismissReason): Promise<void> {
    this.#diary.push(`${this.#name} is dismissed: ${why}`);
  }

  async end(): Promise<void> {
    this.#end.resolve();
    await nextTick();
  }
}

function queueWithDiary() {
  const diary: string[] = [];
  const queue = new TurnQueue();
  const add = (key: string, name: string) => {
    const job = new HeldJob(name, diary);
    return { job, isTaken: queue.add(key, job) };
  };
  return { queue, diary, add };
}

function isIdle(queue: TurnQueue): () => boolean {
  let idle = false;
  void queue.whenIdle().then(() => {
    idle = true;
  });
  return () => idle;
}

describe('the turns of one conversation', () => {
  it('run one after another, in their order', async () => {
    const { diary, add } = queueWithDiary();
    const jobs = ['1', '2', '3'].map((name) => add('a', name).job);
    assert.deepEqual(diary, ['1 begins']);
    for (const job of jobs) await job.end();
    assert.deepEqual(diary, ['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
  });

  it('do not overtake when a later one could end sooner', async () => {
    const { diary, add } = queueWithDiary();
    const [first, second] = ['1', '2'].map((name) => add('a', name).job);
    await second?.end();
    assert.deepEqual(diary, ['1 begins']);
    await first?.end();
    assert.deepEqual(diary, ['1 begins', '1 ends', '2 begins', '2 ends']);
  });

  it('are refused when 16 wait, and taken again when one less waits', async () => {
    const { queue, add } = queueWithDiary();
    const running = add('a', 'running').job;
    for (let index = 0; index < 16; index++) {
      assert.equal(queue.hasRoom('a'), true);
      assert.equal(add('a', `${index}`).isTaken, true);
    }
    assert.equal(MOST_WAITING, 16);
    assert.deepEqual([queue.hasRoom('a'), queue.hasRoom('b')], [false, true]);
    assert.equal(add('a', 'too many').isTaken, false);
    await running.end();
    assert.equal(queue.hasRoom('a'), true);
    assert.equal(add('a', 'one more').isTaken, true);
    assert.equal(add('a', 'too many').isTaken, false);
  });

  it('begin at once after all earlier ones ended', async () => {
    const { diary, add } = queueWithDiary();
    await add('a', '1').job.end();
    add('a', '2');
    assert.deepEqual(diary, ['1 begins', '1 ends', '2 begins']);
  });
});

describe('different conversations', () => {
  it('run side by side, and have bounds of their own', async () => {
    const { diary, add } = queueWithDiary();
    const a = add('a', 'a1').job;
    for (let index = 0; index < 16; index++) add('a', 'waiting');
    assert.equal(add('b', 'b1').isTaken, true);
    assert.equal(add('__proto__', 'c1').isTaken, true);
    assert.deepEqual(diary, ['a1 begins', 'b1 begins', 'c1 begins']);
    await a.end();
    assert.deepEqual(diary.slice(3), ['a1 ends', 'waiting begins']);
  });
});

describe('dismissing', () => {
  it('tells those who wait for one conversation why, and lets the running one go on', async () => {
    const { queue, diary, add } = queueWithDiary();
    const running = add('a', '1').job;
    add('a', '2');
    const other = add('b', '3').job;
    add('b', '4');
    queue.clear('a', 'forgotten');
    queue.clear('unknown', 'forgotten');
    await running.end();
    await other.end();
    assert.deepEqual(diary, ['1 begins', '3 begins', '2 is dismissed: forgotten', '1 ends', '3 ends', '4 begins']);
  });

  it('tells all who wait', async () => {
    const { queue, diary, add } = queueWithDiary();
    for (const key of ['a', 'b']) for (const name of ['1', '2', '3']) add(key, `${key}${name}`);
    queue.clearAll('draining');
    assert.deepEqual(diary.slice(2), [
      'a2 is dismissed: draining',
      'a3 is dismissed: draining',
      'b2 is dismissed: draining',
      'b3 is dismissed: draining',
    ]);
  });

  it('leaves the conversation in order', async () => {
    const { queue, diary, add } = queueWithDiary();
    const running = add('a', '1').job;
    add('a', '2');
    queue.clear('a', 'forgotten');
    const next = add('a', '3').job;
    await running.end();
    await next.end();
    assert.deepEqual(diary, ['1 begins', '2 is dismissed: forgotten', '1 ends', '3 begins', '3 ends']);
  });
});

describe('waiting until nothing runs', () => {
  it('is over at once when nothing does', async () => {
    const { queue, add } = queueWithDiary();
    await queue.whenIdle();
    await add('a', '1').job.end();
    await queue.whenIdle();
  });

  it('lasts until the last conversation has no more work', async () => {
    const { queue, add } = queueWithDiary();
    const jobs = [add('a', '1').job, add('a', '2').job, add('b', '3').job];
    const idle = [isIdle(queue), isIdle(queue)];
    for (const job of jobs) {
      assert.deepEqual(
        idle.map((is) => is()),
        [false, false],
      );
      await job.end();
    }
    assert.deepEqual(
      idle.map((is) => is()),
      [true, true],
    );
  });

  it('lasts until the dismissed ones are told', async () => {
    const queue = new TurnQueue();
    const told = Promise.withResolvers<void>();
    const running = Promise.withResolvers<void>();
    queue.add('a', { run: () => running.promise, dismiss: async () => {} });
    queue.add('a', { run: async () => {}, dismiss: () => told.promise });
    queue.clearAll('draining');
    const idle = isIdle(queue);
    running.resolve();
    await nextTick();
    assert.equal(idle(), false);
    told.resolve();
    await nextTick();
    assert.equal(idle(), true);
  });
});

describe('the count of the jobs', () => {
  it('holds those that run and those that wait, over all keys, until they are over', async () => {
    const { queue, add } = queueWithDiary();
    const jobs = [add('a', '1'), add('a', '2'), add('a', '3'), add('b', '4')].map(({ job }) => job);
    assert.equal(queue.size, 4);
    await jobs[0]?.end();
    assert.equal(queue.size, 3);
    queue.clear('a', 'forgotten');
    assert.equal(queue.size, 2);
    await jobs[1]?.end();
    await jobs[3]?.end();
    assert.equal(queue.size, 0);
  });

  it('leaves out a job that was not taken', () => {
    const { queue, add } = queueWithDiary();
    for (let count = 0; count <= MOST_WAITING; count++) add('a', String(count));
    assert.equal(add('a', 'too many').isTaken, false);
    assert.equal(queue.size, MOST_WAITING + 1);
  });
});
