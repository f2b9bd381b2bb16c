import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { Semaphore } from '../../src/attachments/semaphore.ts';

const BOUNDS = { max: 4, maxPerPerson: 2, maxWaitingPerPerson: 3 };
const signal = new AbortController().signal;

/** A semaphore with work that ends when the test says so. */
function underTest(bounds = BOUNDS) {
  const semaphore = new Semaphore(bounds);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    /** `name` begins with the user's name; users from u on are unverified. */
    run: (name: string, stopping = signal) =>
      semaphore.run({ key: name.slice(0, 1), isVerified: name < 'u' }, stopping, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        return name;
      }),
    async end(name: string) {
      ends.get(name)?.();
      await nextTick();
    },
  };
}

describe('the slots of a semaphore', () => {
  it('are limited for each user, however many are free', () => {
    const { run, begun } = underTest();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1']) void run(name);
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'b2']);
  });

  it('go to the users round-robin, and to the work of one user in order', async () => {
    const { run, begun, end } = underTest({ max: 1, maxPerPerson: 1, maxWaitingPerPerson: 3 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) void run(name);
    for (let index = 0; index < 7; index++) await end(begun[index] ?? '');
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('go to unverified users up to a half, and to other users while those wait', async () => {
    const { run, begun, end } = underTest();
    for (const name of ['u1', 'v1', 'w1', 'x1', 'a1', 'b1', 'a2', 'b2']) void run(name);
    assert.deepEqual(begun, ['u1', 'v1', 'a1', 'b1']);
    await end('a1');
    assert.equal(begun.at(-1), 'a2');
    await end('u1');
    assert.equal(begun.at(-1), 'w1');
    for (const name of ['a2', 'b1', 'v1', 'w1', 'x1', 'b2']) await end(name);
    assert.deepEqual(begun.toSorted(), ['a1', 'a2', 'b1', 'b2', 'u1', 'v1', 'w1', 'x1']);
  });

  it('go to a single unverified user even if there is only one in all', () => {
    const { run, begun } = underTest({ max: 1, maxPerPerson: 1, maxWaitingPerPerson: 1 });
    void run('u1');
    assert.deepEqual(begun, ['u1']);
  });

  it('are denied to a user with too much waiting work, and to nobody else', async () => {
    const { run, begun, end } = underTest();
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void run(name);
    await assert.rejects(run('a6'), { code: 'busy' });
    void run('b1');
    assert.deepEqual(begun, ['a1', 'a2', 'b1']);
    await end('a1');
    void run('a7');
    for (const name of ['a2', 'a3', 'a4', 'a5', 'a7']) await end(name);
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3', 'a4', 'a5', 'a7']);
  });

  it('are not held for work that was aborted', async () => {
    const { run, begun, end } = underTest({ max: 1, maxPerPerson: 1, maxWaitingPerPerson: 1 });
    const stopping = new AbortController();
    void run('a1');
    const unwanted = run('b1', stopping.signal);
    stopping.abort(new Error('the user said stop'));
    await assert.rejects(unwanted, /the user said stop/);
    await assert.rejects(run('c1', stopping.signal), /the user said stop/);
    void run('b2');
    await end('a1');
    assert.deepEqual(begun, ['a1', 'b2']);
  });

  it('are free again after work that failed', async () => {
    const semaphore = new Semaphore({ max: 1, maxPerPerson: 1, maxWaitingPerPerson: 1 });
    const person = { key: 'a', isVerified: true };
    const failing = semaphore.run(person, signal, () => Promise.reject(new Error('no')));
    const next = semaphore.run(person, signal, async () => 'done');
    await assert.rejects(failing, /no/);
    assert.equal(await next, 'done');
  });
});
