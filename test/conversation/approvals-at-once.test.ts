import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptDecision } from '../../src/conversation/approvals/accept-decision.ts';
import { createMemoryStores } from '../../src/conversation/memory-stores.ts';
import type { AddedTurn } from '../../src/conversation/queue/turn-queue.ts';
import type { UserMessage } from '../../src/conversation/user-message.ts';
import { randomIds } from '../../src/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { approvalOf } from './approval-store-contract.ts';
import { talk } from './recordings-under-test.ts';
import { saying } from './saying.ts';

/** Stores with one approval that waits. Nothing runs the turns. */
async function waiting() {
  const clock = new ManualClock();
  const stores = createMemoryStores({ clock, ids: randomIds, recordRetentionMs: 1_000 });
  const services = { ...talk().services, ...stores };
  const press = saying('press', { text: '', attachments: [] });
  const approval = approvalOf(press.key, press.personKey, clock.now() + 1_000);
  await stores.approvalStore.add(approval);
  const request = { approvalId: approval.id, kind: 'allow' } as const;
  const said: string[] = [];
  const accept = (add: (turn: UserMessage) => Promise<AddedTurn>, signal = new AbortController().signal) =>
    acceptDecision(
      request,
      press,
      add,
      async ({ kind }) => {
        said.push(kind);
        return { kind: 'accepted', done: Promise.resolve() };
      },
      signal,
      services,
    );
  return { ...stores, approval, accept, said, add: (turn: UserMessage) => stores.queue.add(turn) };
}

describe('a press of a button that is delivered twice', () => {
  it('keeps its decision if both deliveries arrive at the same moment', async () => {
    const { accept, add, approvalStore, approval } = await waiting();
    const other = Promise.withResolvers<void>();
    const first = accept((turn) => other.promise.then(() => add(turn)));
    assert.equal((await accept(add)).kind, 'accepted');
    other.resolve();
    assert.equal((await first).kind, 'duplicate');
    assert.equal((await approvalStore.find(approval.id))?.decision?.activityId, 'press');
  });

  it('decides nothing if it is too late to add the turn', async () => {
    const { accept, add, approvalStore, approval } = await waiting();
    const late = new Error('late');
    await assert.rejects(accept(add, AbortSignal.abort(late)), late);
    assert.equal((await approvalStore.find(approval.id))?.decision, undefined);
  });

  it('decides nothing if its first decision was taken back meanwhile, and says so', async () => {
    const { accept, add, approvalStore, conversationStore, approval } = await waiting();
    assert.equal((await accept(add)).kind, 'accepted');
    await conversationStore.apply('msteams/a', { kind: 'stop' });
    const { kind, result } = await accept(add);
    assert.deepEqual([kind, result.kind], ['duplicate', 'takenBack']);
    assert.equal((await approvalStore.find(approval.id))?.decision, undefined);
  });
});
