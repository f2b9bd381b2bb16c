import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { lruOptions } from '../../lru-options.ts';
import { type Approval, type ApprovalStore, type Permission, permissionKey } from './approval.ts';

const MAX_APPROVALS = 10_000;
const MAX_PERMISSIONS = 50_000;

/** Approvals in the memory of this process: bounded in number, the oldest leave first. */
export function createMemoryApprovals(clock: Clock): ApprovalStore {
  const approvals = new LRUCache<string, Approval>(lruOptions(MAX_APPROVALS));
  const permissions = new LRUCache<string, Permission>(lruOptions(MAX_PERMISSIONS));
  /** `peek` does not count as use: what is oldest stays oldest. */
  const find = (id: string) => {
    const approval = approvals.peek(id);
    return approval === undefined || clock.now() >= approval.expiresAtMs ? undefined : approval;
  };
  return {
    async add(approval) {
      approvals.set(approval.id, approval);
    },
    async find(id) {
      return find(id);
    },
    async findWaiting(conversation, asker) {
      for (const id of approvals.keys()) {
        const each = find(id);
        const isTheirs = each?.conversation === conversation && each.asker === asker;
        if (each !== undefined && isTheirs && each.decision === undefined) return each;
      }
      return undefined;
    },
    async decide(id, decision) {
      const approval = find(id);
      if (approval === undefined || approval.decision !== undefined) return approval;
      const decided = { ...approval, decision };
      approvals.set(id, decided);
      return decided;
    },
    async allow(permission) {
      permissions.set(permissionKey(permission), permission);
    },
    async isAllowed(permission) {
      return permissions.has(permissionKey(permission));
    },
    async forget(conversation) {
      for (const store of [approvals, permissions])
        for (const [key, each] of [...store.entries()]) if (each.conversation === conversation) store.delete(key);
    },
  };
}
