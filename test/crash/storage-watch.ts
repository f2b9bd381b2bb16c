import { messageId } from '../../src/conversation/names.ts';
import type { Holds } from './holds.ts';
import { type Conversation, type Ledger, type Message, tokensIn } from './ledger.ts';
import type { StorageCall, StorageWatcher } from './storage-gate.ts';

interface WatchOptions {
  readonly ledger: Ledger;
  readonly holds: Holds;
}

/** Which blob of the bot's a call is about. */
type Place =
  | { readonly kind: 'pending'; readonly message: Message | undefined }
  | { readonly kind: 'aside' }
  | {
      readonly kind: 'record';
      readonly conversation: Conversation | undefined;
      readonly unsent: Message | undefined;
      /** The names of messages that it says are answered. */
      readonly answered: readonly string[];
    };

const PENDING = /^bot-state\/pending\/([^/]+)\/(.+)$/;
const ASIDE = /^bot-state\/(?:failed|unreadable)\//;
const RECORD = /^bot-state\/conversations\/(.+?)(?:\.json)?$/;

/** Reads from the calls to the storage what became of each message there, and holds them at their steps. */
export function watchStorage({ ledger, holds }: WatchOptions): StorageWatcher {
  const names = namesOf(ledger);
  return {
    before(call) {
      if (call.method !== 'PUT' && call.method !== 'DELETE') return undefined;
      const place = names(call);
      const isHeld = place !== undefined && isReachedBefore(call, place, holds);
      return isHeld ? holds.whenReleased : undefined;
    },
    after(call, status) {
      const isDone = status >= 200 && status < 300 && (call.method === 'PUT' || call.method === 'DELETE');
      const place = isDone ? names(call) : undefined;
      if (place === undefined) return undefined;
      note(call, place, ledger);
      ledger.changed();
      return isReachedAfter(call, place, holds) ? holds.whenReleased : undefined;
    },
  };
}

function isReachedBefore({ method }: StorageCall, place: Place, holds: Holds): boolean {
  if (place.kind === 'pending') {
    const { message } = place;
    return message?.recordedAtMs !== undefined && holds.reach(message, 'recorded');
  }
  if (place.kind === 'aside' || method !== 'PUT') return false;
  const { conversation, unsent } = place;
  if (unsent !== undefined) return holds.reach(unsent, 'saving');
  return (conversation?.messages ?? []).some((message) => {
    if (message.keptAtMs !== undefined && holds.reach(message, 'accepted')) return true;
    return isConfirmedBy(place, message) && holds.reach(message, 'unrecorded');
  });
}

function isReachedAfter({ method }: StorageCall, place: Place, holds: Holds): boolean {
  if (method !== 'PUT' || place.kind === 'aside') return false;
  return place.kind === 'pending' ? holds.reach(place.message, 'accepting') : holds.reach(place.unsent, 'saved');
}

function note({ method, path }: StorageCall, place: Place, ledger: Ledger): void {
  const nowMs = Date.now();
  if (place.kind === 'aside') {
    ledger.note(`the bot put something aside: ${method} ${path}`);
  } else if (place.kind === 'pending') {
    const { message } = place;
    if (message === undefined) return;
    if (method === 'PUT') message.keptAtMs ??= nowMs;
    else message.removedAtMs = nowMs;
  } else {
    if (place.unsent !== undefined) place.unsent.savedAtMs ??= nowMs;
    for (const message of place.conversation?.messages ?? []) {
      if (isConfirmedBy(place, message)) message.recordedAtMs = nowMs;
    }
  }
}

/** Whether this record is the first that says that the message is answered. */
function isConfirmedBy({ answered }: Extract<Place, { kind: 'record' }>, message: Message): boolean {
  return message.recordedAtMs === undefined && answered.includes(messageId(message));
}

/** Learns from the tokens in what is written whose blobs are whose. */
function namesOf(ledger: Ledger): (call: StorageCall) => Place | undefined {
  const pending = new Map<string, Message>();
  const records = new Map<string, Conversation>();
  return ({ method, path, query, body }) => {
    if (ASIDE.test(path)) return { kind: 'aside' };
    const [, directory, file] = PENDING.exec(path) ?? [];
    if (directory !== undefined && file !== undefined) {
      const written = method === 'PUT' && !query.has('comp') ? firstIn(body.toString('utf8'), ledger) : undefined;
      if (written !== undefined) pending.set(path, written);
      if (written !== undefined) records.set(directory, written.conversation);
      return { kind: 'pending', message: pending.get(path) };
    }
    const [, name] = RECORD.exec(path) ?? [];
    if (name === undefined) return undefined;
    const { unsent, answered = [] } = body.byteLength === 0 ? {} : (JSON.parse(body.toString('utf8')) as Written);
    const saved = unsent === undefined || unsent === null ? undefined : firstIn(JSON.stringify(unsent), ledger);
    return { kind: 'record', conversation: records.get(name), unsent: saved, answered };
  };
}

/** What is read of a record. */
interface Written {
  readonly unsent?: unknown;
  readonly answered?: readonly string[];
}

function firstIn(text: string, ledger: Ledger): Message | undefined {
  return ledger.find(tokensIn(text)[0] ?? '');
}
