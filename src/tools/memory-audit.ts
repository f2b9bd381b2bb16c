import type { AuditEntry, AuditStore } from './audit.ts';

const MAX_ENTRIES = 10_000;

/** The audit in the memory of this process. The oldest entries are evicted first. */
export function createMemoryAudit(): AuditStore {
  let entries: AuditEntry[] = [];
  return {
    async append(entry) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) entries = entries.slice(MAX_ENTRIES / 10);
    },
    async ofTurn(turnId) {
      return entries.filter((entry) => entry.turnId === turnId);
    },
    async pseudonymise(conversation) {
      const nobody = { conversation: '', asker: '', decider: undefined };
      entries = entries.map((entry) => (entry.conversation === conversation ? { ...entry, ...nobody } : entry));
    },
  };
}
