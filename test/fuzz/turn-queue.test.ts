import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { type DismissReason, MOST_WAITING, TurnQueue } from '../../src/conversation/turn-queue.ts';

const SEED = 20_261_101;

type Step =
  | { readonly kind: 'add'; readonly key: string; readonly isInBand: boolean }
  /** The job that runs for this key comes to its end. */
  | { readonly kind: 'end'; readonly key: string }
  | { readonly kind: 'clear'; readonly key: string; readonly why: DismissReason }
  | { readonly kind: 'clearAll'; readonly why: DismissReason };

/** One of them gets most, so that it is full at times. */
const key = fc.constantFrom('a', 'a', 'a', 'a', 'b', '__proto__');
const why = fc.constantFrom<DismissReason>('draining', 'forgotten', 'unreachable');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('add'), key, isInBand: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('end'), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear'), key, why }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clearAll'), why }) },
);

/** What the queue has to do, in the plainest way: a list for each key, whose first runs. */
class Model {
  readonly lists = new Map<string, number[]>();
  readonly inBand = new Set<number>();
  readonly begun: number[] = [];
  readonly dismissed: string[] = [];

  add(key: string, job: number): boolean {
    const list = this.lists.get(key) ?? [];
    if (list.length > MOST_WAITING) return false;
    this.lists.set(key, [...list, job]);
    if (list.length === 0) this.begun.push(job);
    return true;
  }

  end(key: string): number | undefined {
    const [running, next, ...rest] = this.lists.get(key) ?? [];
    if (next === undefined) this.lists.delete(key);
    else {
      this.lists.set(key, [next, ...rest]);
      this.begun.push(next);
    }
    return running;
  }

  clear(key: string, why: DismissReason): void {
    const [running, ...waiting] = this.lists.get(key) ?? [];
    const stays = (job: number) => why === 'unreachable' && this.inBand.has(job);
    this.dismissed.push(...waiting.filter((job) => !stays(job)).map((job) => `${job} ${why}`));
    if (running !== undefined) this.lists.set(key, [running, ...waiting.filter(stays)]);
  }

  clearAll(why: DismissReason): void {
    for (const key of this.lists.keys()) this.clear(key, why);
  }

  get size(): number {
    return [...this.lists.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

/** The queue and its model, side by side through the same steps. Resolves with how many jobs were refused. */
async function follow(steps: readonly Step[]): Promise<number> {
  let refused = 0;
  const queue = new TurnQueue();
  const model = new Model();
  const begun: number[] = [];
  const dismissed: string[] = [];
  const ends = new Map<number, () => void>();

  function add(key: string, job: number, isInBand: boolean): void {
    if (isInBand) model.inBand.add(job);
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(job, resolve);
    const run = () => {
      begun.push(job);
      return promise;
    };
    const dismiss = async (why: DismissReason) => void dismissed.push(`${job} ${why}`);
    const isTaken = queue.add(key, { run, dismiss, isInBand });
    assert.equal(isTaken, model.add(key, job));
    if (!isTaken) refused += 1;
  }

  async function end(key: string): Promise<void> {
    const job = model.end(key);
    if (job === undefined) return;
    ends.get(job)?.();
    await nextTick();
  }

  for (const [job, each] of steps.entries()) {
    if (each.kind === 'add') add(each.key, job, each.isInBand);
    else if (each.kind === 'end') await end(each.key);
    else if (each.kind === 'clear') for (const side of [queue, model]) side.clear(each.key, each.why);
    else for (const side of [queue, model]) side.clearAll(each.why);
    assert.deepEqual([begun, dismissed, queue.size], [model.begun, model.dismissed, model.size]);
  }
  const idle = queue.whenIdle();
  for (const key of [...model.lists.keys()]) while (model.lists.has(key)) await end(key);
  await idle;
  assert.deepEqual([begun, queue.size], [model.begun, 0]);
  return refused;
}

describe('the queue of turns', () => {
  it('does in any order of events what a list for each conversation does', async () => {
    let refused = 0;
    const property = fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
      refused += await follow(steps);
    });
    await fc.assert(property, { seed: SEED, numRuns: 150 });
    assert.ok(refused > 20, `${refused} were refused`);
  });
});
