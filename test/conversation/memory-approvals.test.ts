import { APPROVAL_MS } from '../../src/conversation/approvals/approval.ts';
import { MemoryApprovals } from '../../src/conversation/approvals/memory-approvals.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeApprovals } from './approval-store-contract.ts';

describeApprovals('memory', async () => {
  const clock = new ManualClock();
  return {
    approvals: new MemoryApprovals(clock),
    pass: (more) => clock.advance(more ? 1 : APPROVAL_MS - 1),
    async [Symbol.asyncDispose]() {},
  };
});
