import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { createMemoryStores } from '../../src/conversation/memory-stores.ts';
import { MAX_WAITING, MAX_WAITING_PER_PERSON } from '../../src/conversation/queue/turn-queue.ts';
import { randomIds } from '../../src/ids.ts';
import { saying } from '../conversation/saying.ts';
import { ManualClock } from '../support/manual-clock.ts';

const SEED = 20_261_128;

type Step =
  | { readonly kind: 'add'; readonly key: string; readonly person: string; readonly expectsReplies: boolean }
  /** The turn that runs for this key comes to its end. */
  | { readonly kind: 'end'; readonly key: string }
  | { readonly kind: 'cancel'; readonly key: string };

/** One of them gets most messages, so that its queue is full at times; so does one user. */
const key = fc.constantFrom('a', 'a', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '__proto__');
const person = fc.constantFrom('p', 'p', 'p', 'p', 'p', 'p', 'q', 'constructor');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('add'), key, person, expectsReplies: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end'), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), key }) },
);

interface Item {
  readonly id: string;
  readonly person: string;
  readonly expectsReplies: boolean;
}

/** The expected behaviour of the queue in the simplest form: a list for each key, whose first entry runs. */
class Model {
  readonly lists = new Map<string, Item[]>();
  readonly begun: string[] = [];
  readonly refusals = { key: 0, person: 0 };

  add(key: string, item: Item): boolean {
    const list = this.lists.get(key) ?? [];
    const isKeyFull = list.length > MAX_WAITING;
    const isPersonFull =
      [...this.lists.values()].flat().filter((each) => each.person === item.person).length >= MAX_WAITING_PER_PERSON;
    if (isKeyFull) this.refusals.key++;
    else if (isPersonFull) this.refusals.person++;
    if (isKeyFull || isPersonFull) return false;
    this.lists.set(key, [...list, item]);
    if (list.length === 0) this.begun.push(item.id);
    return true;
  }

  end(key: string): string | undefined {
    const [running, next, ...rest] = this.lists.get(key) ?? [];
    if (next === undefined) this.lists.delete(key);
    else {
      this.lists.set(key, [next, ...rest]);
      this.begun.push(next.id);
    }
    return running?.id;
  }

  cancel(key: string): void {
    const [running] = this.lists.get(key) ?? [];
    if (running !== undefined) this.lists.set(key, [running]);
  }
}

/** The queue and its model, which take the same steps. */
async function follow(steps: readonly Step[], model: Model): Promise<void> {
  const clock = new ManualClock();
  const { queue } = createMemoryStores({ clock, ids: randomIds, recordRetentionMs: 1_000 });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  queue.start(({ message }) => {
    begun.push(message.activityId);
    return new Promise((resolve) => ends.set(message.activityId, resolve));
  });

  async function end(key: string): Promise<void> {
    ends.get(model.end(key) ?? '')?.();
    await nextTick();
  }

  for (const [index, each] of steps.entries()) {
    if (each.kind === 'add') {
      const item = { id: String(index), person: each.person, expectsReplies: each.expectsReplies };
      const message = saying(item.id, { key: each.key, personKey: each.person, expectsReplies: each.expectsReplies });
      assert.equal((await queue.add(message)).result === 'queued', model.add(each.key, item));
    } else if (each.kind === 'end') await end(each.key);
    else for (const side of [{ cancel: (at: string) => queue.cancelWaiting(at) }, model]) side.cancel(each.key);
    assert.deepEqual(begun, model.begun);
  }
  for (const key of [...model.lists.keys()]) while (model.lists.has(key)) await end(key);
  await queue.drain(0, () => assert.fail('nothing waits'));
  assert.deepEqual(begun, model.begun);
}

describe('the memory queue', () => {
  it('behaves like a list for each conversation in any order of events', async () => {
    const refusals = { key: 0, person: 0 };
    const property = fc.asyncProperty(fc.array(step, { maxLength: 300, size: 'max' }), async (steps) => {
      const model = new Model();
      await follow(steps, model);
      refusals.key += model.refusals.key;
      refusals.person += model.refusals.person;
    });
    await fc.assert(property, { seed: SEED, numRuns: 100 });
    assert.ok(refusals.key > 20 && refusals.person > 20, JSON.stringify(refusals));
  });
});
