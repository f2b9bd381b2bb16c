import { LRUCache } from 'lru-cache';
import { atMost } from '../../at-most.ts';
import type { Clock } from '../../clock.ts';
import { conversationId, messageId } from '../keys.ts';
import type { MessageName, PendingEntry, PendingMessage, PendingStore } from '../pending-store.ts';

/** What accepted messages in memory need. */
export interface MemoryPendingOptions {
  readonly clock: Clock;
}

/** For how long a finished message stays known. Channels repeat a message within minutes. */
const DONE_FOR_MS = 3_600_000;
const MOST_DONE = 50_000;

interface Kept {
  readonly entry: PendingEntry;
  readonly message: PendingMessage;
}

/** Accepted messages in the memory of this process, which bounds them by itself by how many it accepts. */
export function createMemoryPending({ clock }: MemoryPendingOptions): PendingStore {
  const kept = new Map<string, Kept>();
  /** When they were finished. */
  const done = new LRUCache<string, number>(atMost(MOST_DONE));
  let writes = 0;

  function keep(name: string, message: PendingMessage): void {
    const { turn, acceptedAtMs, tries } = message;
    const conversation = conversationId(turn.key);
    const times = { acceptedAtMs, tries, touchedAtMs: clock.now() };
    kept.set(name, { message, entry: { name, conversation, tag: String(++writes), ...times, isDone: false } });
  }

  return {
    isShared: false,
    async add(turn) {
      const name = nameOf(turn);
      const isDone = clock.now() - (done.get(name) ?? Number.NEGATIVE_INFINITY) < DONE_FOR_MS;
      if (isDone || kept.has(name)) return false;
      keep(name, { turn, acceptedAtMs: clock.now(), tries: 1 });
      return true;
    },
    async has(message) {
      return kept.has(nameOf(message));
    },
    async remove(message) {
      kept.delete(nameOf(message));
    },
    async finish(message) {
      kept.delete(nameOf(message));
      done.set(nameOf(message), clock.now());
    },
    async list(key) {
      const conversation = key === undefined ? undefined : conversationId(key);
      const entries = [...kept.values()].map(({ entry }) => entry);
      return entries
        .filter((entry) => conversation === undefined || entry.conversation === conversation)
        .sort((one, other) => one.acceptedAtMs - other.acceptedAtMs);
    },
    async read({ name }) {
      return kept.get(name)?.message;
    },
    async take({ name, tag }) {
      const found = kept.get(name);
      if (found?.entry.tag !== tag) return false;
      keep(name, { ...found.message, tries: found.message.tries + 1 });
      return true;
    },
    async discard({ name }) {
      kept.delete(name);
      done.set(name, clock.now());
    },
    async forget() {
      // Nothing is put aside.
    },
    async fail(message) {
      // There is no place to put it aside.
      kept.delete(nameOf(message));
    },
  };
}

function nameOf(message: MessageName): string {
  return `${conversationId(message.key)}/${messageId(message)}`;
}
