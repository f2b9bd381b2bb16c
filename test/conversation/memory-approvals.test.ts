import { APPROVAL_MS } from '../../src/conversation/approvals/approval.ts';
import { createMemoryStores } from '../../src/conversation/memory-stores.ts';
import { randomIds } from '../../src/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeApprovals } from './approval-store-contract.ts';

describeApprovals('memory', async () => {
  const clock = new ManualClock();
  const {
    approvalStore: approvals,
    conversationStore: conversations,
    queue,
  } = createMemoryStores({
    clock,
    ids: randomIds,
    recordRetentionMs: 2 * APPROVAL_MS,
  });
  return {
    approvals,
    conversations,
    queue,
    pass: (more) => clock.advance(more ? 1 : APPROVAL_MS - 1),
    async [Symbol.asyncDispose]() {},
  };
});
