import type { AuditEntry, AuditStore } from './audit.ts';

const MAX_ENTRIES = 10_000;

/** The audit in the memory of this process. The oldest entries are evicted first. */
export function createMemoryAudit(): AuditStore {
  let entries: AuditEntry[] = [];
  const nameless = (entry: AuditEntry) => ({ ...entry, conversation: '', asker: '', decider: undefined });
  const isForgotten = (turn: string) =>
    entries.some(({ turnId, conversation }) => turnId === turn && conversation === '');
  return {
    async append(entry) {
      entries.push(isForgotten(entry.turnId) ? nameless(entry) : entry);
      if (entries.length > MAX_ENTRIES) entries = entries.slice(MAX_ENTRIES / 10);
    },
    async ofTurn(turnId) {
      return entries.filter((entry) => entry.turnId === turnId);
    },
    async removeNames(conversation) {
      entries = entries.map((entry) => (entry.conversation === conversation ? nameless(entry) : entry));
    },
  };
}
