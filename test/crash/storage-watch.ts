import { messageId } from '../../src/conversation/keys.ts';
import { Counts } from '../support/kit/report.ts';
import type { StorageCall, StorageProxy, StorageRequest } from '../support/storage-proxy.ts';
import type { Holds } from './holds.ts';
import type { Conversation, CrashLedger, Message } from './ledger.ts';

interface WatchOptions {
  readonly ledger: CrashLedger;
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

/** What was asked of the storage. */
export interface StorageUse {
  readonly calls: Counts<string>;
  /** How long Azurite took for a call at most, in milliseconds. */
  slowestMs: number;
}

/**
 * Reads from the calls to the storage what became of each message there, and holds them at their steps: a call before it
 * is done, or its answer. What was held for a process that has died is not done.
 */
export function watchStorage(proxy: StorageProxy, { ledger, holds }: WatchOptions): StorageUse {
  const placeOf = placesOf(ledger);
  const use: StorageUse = { calls: new Counts(), slowestMs: 0 };
  proxy.rule = async (request, call) => {
    use.calls.add(kindOf(request));
    const place = isWrite(request) ? placeOf(request, call) : undefined;
    if (place === undefined || !isReachedBefore(request, place, holds)) return undefined;
    await holds.whenReleased;
    return call.isAborted() ? 'drop' : undefined;
  };
  proxy.watch = (request, call, { status, tookMs }) => {
    use.slowestMs = Math.max(use.slowestMs, tookMs);
    const isDone = status >= 200 && status < 300 && isWrite(request);
    const place = isDone ? placeOf(request, call) : undefined;
    if (place === undefined) return undefined;
    note(request, place, ledger);
    ledger.changed();
    return isReachedAfter(request, place, holds) ? holds.whenReleased : undefined;
  };
  return use;
}

function isWrite({ method }: StorageRequest): boolean {
  return method === 'PUT' || method === 'DELETE';
}

/** Without account and percent signs: `bot-state/pending/…`. */
function nameIn({ path }: StorageRequest): string {
  return decodeURIComponent(path.split('/').slice(2).join('/'));
}

/** What is counted: `PUT bot-state/pending`. */
function kindOf(request: StorageRequest): string {
  const name = nameIn(request);
  const folder = name.startsWith('audio') ? 'audio' : name.split('/').slice(0, 2).join('/');
  return `${request.method} ${folder} ${request.query.get('comp') ?? ''}`.trim();
}

function isReachedBefore({ method }: StorageRequest, place: Place, holds: Holds): boolean {
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

function isReachedAfter({ method }: StorageRequest, place: Place, holds: Holds): boolean {
  if (method !== 'PUT' || place.kind === 'aside') return false;
  return place.kind === 'pending' ? holds.reach(place.message, 'accepting') : holds.reach(place.unsent, 'saved');
}

function note(request: StorageRequest, place: Place, ledger: CrashLedger): void {
  const { method } = request;
  const nowMs = Date.now();
  if (place.kind === 'aside') {
    ledger.note('the bot put something aside', `${method} ${nameIn(request)}`);
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
function placesOf(ledger: CrashLedger): (request: StorageRequest, call: StorageCall) => Place | undefined {
  const pending = new Map<string, Message>();
  const records = new Map<string, Conversation>();
  return (request, { body }) => {
    const { method, query } = request;
    const path = nameIn(request);
    if (ASIDE.test(path)) return { kind: 'aside' };
    const [, directory, file] = PENDING.exec(path) ?? [];
    if (directory !== undefined && file !== undefined) {
      const written = method === 'PUT' && !query.has('comp') ? ledger.find(body.toString('utf8')) : undefined;
      if (written !== undefined) pending.set(path, written);
      if (written !== undefined) records.set(directory, written.conversation);
      return { kind: 'pending', message: pending.get(path) };
    }
    const [, name] = RECORD.exec(path) ?? [];
    if (name === undefined) return undefined;
    const { unsent, answered = [] } = body.byteLength === 0 ? {} : (JSON.parse(body.toString('utf8')) as Written);
    const saved = unsent === undefined || unsent === null ? undefined : ledger.find(JSON.stringify(unsent));
    return { kind: 'record', conversation: records.get(name), unsent: saved, answered };
  };
}

/** What is read of a record. */
interface Written {
  readonly unsent?: unknown;
  readonly answered?: readonly string[];
}
