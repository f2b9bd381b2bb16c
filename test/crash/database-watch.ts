import type { Holds } from './holds.ts';
import type { CrashLedger, Message } from './ledger.ts';
import type { Statement, StatementWatch } from './postgres-relay.ts';
import { COMMANDS, type Step } from './steps.ts';

interface WatchOptions {
  /** The instance with these connections. */
  readonly instance: string;
  readonly ledger: CrashLedger;
  readonly holds: Holds;
}

/** What a statement, or its transaction, does for a message. */
type Deed = 'accept' | 'begin' | 'reserve' | 'settle' | 'storeAudio' | 'save' | 'complete' | 'apply';

const DEEDS: readonly (readonly [Deed, RegExp])[] = [
  ['accept', /^\s*(?:WITH \w+ AS \(\s*)?INSERT INTO \S+_queue\.\w+ \(/],
  ['begin', /INSERT INTO conversations AS c \([^)]*attempt_job, attempts\)/],
  ['reserve', /INSERT INTO spending_reservations/],
  ['settle', /DELETE FROM spending_reservations WHERE job/],
  ['storeAudio', /INSERT INTO audio/],
  ['save', /SET heartbeat_on =/],
  ['complete', /SET completed_on = \S+,\s+state = 'completed'/],
  ['apply', /^UPDATE conversations SET record = [^;]* epoch = epoch/],
];
const FETCH = /FOR UPDATE OF j SKIP LOCKED/;

/** The step at which a turn is held: before the statement is executed, or before its instance gets the answer. */
const BEFORE: Readonly<Partial<Record<Deed, Step>>> = {
  ...{ accept: 'storing', reserve: 'reserving', storeAudio: 'storingAudio', save: 'saving', settle: 'settling' },
  ...{ complete: 'completing', apply: 'applying' },
};
const AFTER: Readonly<Partial<Record<Deed, Step>>> = {
  ...{ accept: 'accepting', begin: 'begun', reserve: 'reserved', storeAudio: 'storedAudio', save: 'saved' },
  ...{ complete: 'completed', apply: 'applied' },
};

interface Done {
  readonly deed: Deed;
  readonly message: Message;
}

/** Follows each message in the statements of an instance, and holds messages at their steps. */
export function watchDatabase({ instance, ledger, holds }: WatchOptions): StatementWatch {
  /** The effects of open transactions, by connection. */
  const open = new Map<object, Done | undefined>();

  function doneBy(statement: Statement): Done | undefined {
    const { connection, sql } = statement;
    if (sql === 'BEGIN') open.set(connection, undefined);
    if (sql === 'COMMIT') return open.get(connection);
    const done = readDeed(statement, ledger);
    const isInTransaction = open.has(connection);
    if (isInTransaction && done !== undefined) open.set(connection, done);
    // A transaction takes effect with its COMMIT. Heartbeats outside of one are no saves.
    return isInTransaction || done?.deed === 'save' ? undefined : done;
  }

  return {
    before(statement) {
      // A reservation is not held at its COMMIT, since it has the lock that all reservations need.
      const done = doneBy(statement) ?? reservationIn(statement, ledger);
      return done !== undefined && holds.reach(done.message, BEFORE[done.deed]) ? holds.whenReleased : undefined;
    },
    after(statement) {
      const { connection, sql, rows } = statement;
      const isFetched = FETCH.test(sql) && ledger.jobsIn(rows).some((message) => holds.reach(message, 'fetched'));
      const done = doneBy(statement);
      if (sql === 'COMMIT' || sql === 'ROLLBACK') open.delete(connection);
      if (done !== undefined) note(done, instance, ledger);
      const isHeld = isFetched || (done !== undefined && holds.reach(done.message, AFTER[done.deed]));
      return isHeld ? holds.whenReleased : undefined;
    },
  };
}

function note({ deed, message }: Done, instance: string, ledger: CrashLedger): void {
  const atMs = Date.now();
  if (deed === 'accept') message.keptAtMs ??= atMs;
  if (deed === 'begin') message.begun.push({ atMs, instance });
  if (deed === 'save') message.savedAtMs ??= atMs;
  if (deed === 'complete' || deed === 'apply') message.recordedAtMs ??= atMs;
  ledger.recheck();
}

function reservationIn(statement: Statement, ledger: CrashLedger): Done | undefined {
  const done = readDeed(statement, ledger);
  return done?.deed === 'reserve' ? done : undefined;
}

const deeds = new Map<string, Deed | undefined>();

function readDeed({ sql, values }: Statement, ledger: CrashLedger): Done | undefined {
  if (!deeds.has(sql)) deeds.set(sql, DEEDS.find(([, text]) => text.test(sql))?.[0]);
  const deed = deeds.get(sql);
  if (deed === undefined) return undefined;
  const message = messageOf(deed, values, ledger);
  return message && { deed, message };
}

function messageOf(deed: Deed, values: string, ledger: CrashLedger): Message | undefined {
  if (deed === 'accept' || deed === 'storeAudio') return ledger.find(values);
  if (deed !== 'apply') return ledger.jobsIn(values)[0];
  const index = Number(/\/crash-(\d+)/.exec(values)?.[1]);
  return ledger.conversations[index - 1]?.messages.findLast(({ kind }) => COMMANDS.has(kind));
}
