import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { lruOptions } from '../../lru-options.ts';
import { type Approval, type ApprovalStore, covers, type Permission } from './approval.ts';

const MAX_APPROVALS = 10_000;
/** The number of people with permissions, each in one conversation. */
const MAX_PEOPLE = 50_000;
const MAX_PERMISSIONS_PER_PERSON = 200;

/** Approvals in the memory of this process. The oldest are evicted first. */
export function createMemoryApprovals(clock: Clock): ApprovalStore {
  const approvals = new LRUCache<string, Approval>(lruOptions(MAX_APPROVALS));
  const permissions = new LRUCache<string, readonly Permission[]>(lruOptions(MAX_PEOPLE));
  // `peek` does not count as use, so that the order stays that of age.
  const find = (id: string) => {
    const approval = approvals.peek(id);
    return approval !== undefined && clock.now() < approval.expiresAtMs ? approval : undefined;
  };
  const deleteWhere = (condition: (approval: Approval) => boolean) => {
    for (const [id, each] of [...approvals.entries()]) if (condition(each)) approvals.delete(id);
  };
  return {
    async add(approval) {
      approvals.set(approval.id, approval);
    },
    async find(id) {
      return find(id);
    },
    async findWaiting(conversation, person) {
      const isTheirs = ({ asked, decision }: Approval) =>
        asked.key === conversation && asked.personKey === person && decision === undefined;
      // The newest comes first.
      return [...approvals.values()].find((each) => isTheirs(each) && find(each.id) !== undefined);
    },
    async decide(id, decision) {
      const approval = find(id);
      if (approval === undefined || approval.decision !== undefined) return approval;
      const decided = { ...approval, decision };
      approvals.set(id, decided);
      return decided;
    },
    async claim(id, turnId) {
      const approval = approvals.peek(id);
      if (approval?.decision === undefined || (approval.turnId ?? turnId) !== turnId) return false;
      approvals.set(id, { ...approval, turnId });
      return true;
    },
    async withdraw(conversation) {
      deleteWhere(({ asked, decision }) => asked.key === conversation && decision === undefined);
    },
    async forget(conversation) {
      deleteWhere(({ asked }) => asked.key === conversation);
      for (const [key, [first]] of [...permissions.entries()])
        if (first?.conversation === conversation) permissions.delete(key);
    },
    async allow(permission) {
      const key = personIn(permission.conversation, permission.person);
      const others = (permissions.get(key) ?? []).filter((each) => !covers(each, permission));
      permissions.set(key, [...others, permission].slice(-MAX_PERMISSIONS_PER_PERSON));
    },
    async permissionsOf(conversation, person) {
      return permissions.get(personIn(conversation, person)) ?? [];
    },
    async revoke(conversation, person) {
      permissions.delete(personIn(conversation, person));
    },
  };
}

function personIn(conversation: string, person: string): string {
  return JSON.stringify([conversation, person]);
}
