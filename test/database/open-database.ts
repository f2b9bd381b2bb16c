import { type Clock, systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/database/database.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger, type Logger } from '../../src/log.ts';
import { connectionOptions } from '../support/database.ts';
import { sharedPostgres } from '../support/postgres.ts';

/** The options of a database that a test changes. */
export interface OpenOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly recordRetentionMs?: number;
  readonly clock?: Clock;
}

/** One log line. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly fix?: string;
}

/** A database as an instance opens it. */
export interface OpenedDatabase extends AsyncDisposable {
  readonly database: ReturnType<typeof openDatabase>;
  readonly lines: readonly LogLine[];
  /** Resolves when a line with this message was logged. */
  logged(msg: string): Promise<LogLine>;
}

const DAY_MS = 86_400_000;

/** A database that is not started yet. */
export function newDatabase(
  url: string,
  { env = {}, recordRetentionMs = 30 * DAY_MS, clock = systemClock }: OpenOptions = {},
): OpenedDatabase {
  const { log, lines, logged } = listeningLog();
  const database = openDatabase({
    ...connectionOptions(url, env),
    clock,
    ids: randomIds,
    random: Math.random,
    recordRetentionMs,
    auditRetentionMs: 90 * DAY_MS,
    audioRetentionMs: DAY_MS,
    audioStoreBytes: 100_000_000,
    log,
  });
  return { database, lines, logged, [Symbol.asyncDispose]: () => database.close() };
}

/** Opens and starts it without waiting. */
export function startDatabase(url: string, options: OpenOptions = {}): OpenedDatabase {
  const opened = newDatabase(url, options);
  opened.database.start();
  return opened;
}

/** Opens and starts it, and waits until it is usable. */
export async function openedDatabase(url: string, options: OpenOptions = {}): Promise<OpenedDatabase> {
  const opened = startDatabase(url, options);
  await opened.logged('database connected');
  return opened;
}

let prepared: Promise<string> | undefined;

/** The address of a new database without rows in which all tables exist. A copy costs less than a migration. */
export async function preparedDatabase(): Promise<string> {
  const server = await sharedPostgres();
  prepared ??= (async () => {
    const url = await server.createDatabase();
    await (await openedDatabase(url))[Symbol.asyncDispose]();
    return url;
  })();
  return server.createDatabase(await prepared);
}

function listeningLog() {
  const lines: LogLine[] = [];
  const waiting = new Map<string, (line: LogLine) => void>();
  const write = (text: string) => {
    const line: LogLine = JSON.parse(text);
    lines.push(line);
    waiting.get(line.msg)?.(line);
  };
  const log: Logger = createLogger('debug', { write });
  const logged = (msg: string) =>
    new Promise<LogLine>((resolve) => {
      const known = lines.find((line) => line.msg === msg);
      if (known === undefined) waiting.set(msg, resolve);
      else resolve(known);
    });
  return { log, lines, logged };
}
