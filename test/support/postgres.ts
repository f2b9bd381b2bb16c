import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, statfsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../dev/ports.ts';
import { binariesIn, copyTo, isOpenToAll, nativeFolder } from './postgres-binaries.ts';
import { type Account, makeCluster } from './postgres-cluster.ts';

/** A real PostgreSQL on this machine, with its own data folder. */
export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** The folder of its Unix socket. */
  readonly socketFolder: string;
  /**
   * Creates a database that the role `bot` owns, who is no superuser: an empty one, or a copy of the database with this
   * address, to which nobody is connected. Returns its address.
   */
  createDatabase(original?: string): Promise<string>;
  /** Runs a statement as the superuser, in the database of an address or in `postgres`. */
  query<Row extends pg.QueryResultRow>(sql: string, address?: string): Promise<Row[]>;
  /** Starts it again after `stop`, on the same port, with the same data. */
  start(): Promise<void>;
  /** `crash`: as if it were killed. Otherwise it ends running statements and notifies their clients. */
  stop(how?: 'crash'): Promise<void>;
  /** Stops answering, without closing connections. POSIX only. */
  pause(): Promise<void>;
  resume(): void;
  /** Stops it and deletes its data. Safe to call twice. Also happens when this process ends, in whatever way. */
  close(): Promise<void>;
}

const USER = 'bot';
const PASSWORD = 'p@ss word';
const START_LIMIT_MS = 30_000;
/** A file system in memory, on Linux. */
const MEMORY_FOLDER = '/dev/shm';
const MIN_MEMORY_BYTES = 4 * 1024 ** 3;
const POLL_MS = 10;
/** Waits for the end of this process, ends the server, and removes its folder. */
const KEEPER = `cat > /dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then
  kill -CONT "$pid" 2> /dev/null
  kill -QUIT "$pid" 2> /dev/null
  while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
fi
rm -rf "$1"`;
/**
 * Crashes of the machine are not tested, so nothing has to reach the disk. Crashes of the server are, so commits are
 * synchronous. Background work that tests do not need is off.
 */
const SERVER_OPTIONS = [
  'fsync=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'listen_addresses=127.0.0.1',
  'max_connections=200',
  'shared_buffers=32MB',
  'max_worker_processes=2',
  'io_method=sync',
  'jit=off',
  'scram_iterations=1',
];
const isWindows = process.platform === 'win32';
const run = promisify(execFile);

let shared: Promise<TestPostgres> | undefined;

/** The shared server of this process, for tests that create their own databases. It ends with the process. */
export function sharedPostgres(): Promise<TestPostgres> {
  shared ??= startPostgres();
  return shared;
}

/**
 * A separate server, for tests that stop or pause it. Starting it takes about a second. It does not keep the process
 * alive.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const account = await unprivilegedAccount();
  const native = nativeFolder();
  // That account may not be able to enter node_modules: then the server runs from a copy.
  const isCopied = account !== undefined && !isOpenToAll(native);
  const folder = await mkdtemp(join(isCopied ? tmpdir() : dataRoot(), 'test-postgres-'));
  const bin = await binariesIn(isCopied ? await copyTo(folder, native) : native);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const env = { PATH: process.env['PATH'] ?? '', TZ: 'UTC' };
  await makeCluster(join(folder, 'data'), { bin, account, env, password: PASSWORD });
  const server = new Server({ folder, bin, account, env, port: await freePort(0) });
  await server.start();
  await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`);
  return server;
}

interface ServerOptions {
  readonly folder: string;
  readonly bin: string;
  readonly account: Account | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
}

class Server implements TestPostgres {
  readonly #options: ServerOptions;
  readonly #keeper: ChildProcess | undefined;
  #process: ChildProcess | undefined;
  #databaseCount = 0;
  #paused: readonly number[] = [];

  constructor(options: ServerOptions) {
    const { folder, account, env } = options;
    this.#options = options;
    if (isWindows) process.once('exit', () => this.#process?.kill());
    else
      this.#keeper = spawn('sh', ['-c', KEEPER, 'sh', folder], {
        ...account,
        env,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
    this.#keeper?.unref();
    (this.#keeper?.stdin as Socket | undefined)?.unref();
  }

  get port(): number {
    return this.#options.port;
  }

  get socketFolder(): string {
    return this.#options.folder;
  }

  async createDatabase(original?: string): Promise<string> {
    this.#databaseCount += 1;
    const name = `test_${this.#databaseCount}`;
    const template = original === undefined ? 'template1' : new URL(original).pathname.slice(1);
    await this.query(`CREATE DATABASE ${name} OWNER ${USER} TEMPLATE ${template}`);
    return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}/${name}`;
  }

  async query<Row extends pg.QueryResultRow>(sql: string, address?: string): Promise<Row[]> {
    const database = address === undefined ? 'postgres' : new URL(address).pathname.slice(1);
    const { port } = this;
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: PASSWORD, database });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async start(): Promise<void> {
    const { folder, bin, account, env, port } = this.#options;
    const log = openSync(join(folder, 'log'), 'a');
    const settings = isWindows ? SERVER_OPTIONS : [...SERVER_OPTIONS, `unix_socket_directories=${folder}`];
    const options = ['-D', join(folder, 'data'), '-p', String(port), ...settings.flatMap((each) => ['-c', each])];
    this.#process = spawn(join(bin, 'postgres'), options, {
      ...account,
      env,
      cwd: folder,
      stdio: ['ignore', log, log],
    });
    this.#process.unref();
    const endMs = Date.now() + START_LIMIT_MS;
    while (!this.#isReady()) {
      if (this.#process.exitCode !== null || Date.now() > endMs)
        throw new Error(`PostgreSQL did not start:\n${readFileSync(join(folder, 'log'), 'utf8')}`);
      await delay(POLL_MS);
    }
  }

  async stop(how?: 'crash'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    child.kill(isWindows ? 'SIGKILL' : how === 'crash' ? 'SIGQUIT' : 'SIGINT');
    await ended;
  }

  async pause(): Promise<void> {
    const others = await this.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
    // The server itself first, so that it starts no new processes.
    this.#paused = [this.#process?.pid ?? 0, ...others.map(({ pid }) => pid)];
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
    this.#paused = [];
  }

  #signal(signal: NodeJS.Signals): void {
    for (const pid of this.#paused) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  async close(): Promise<void> {
    this.resume();
    await this.stop('crash');
    const keeper = this.#keeper;
    if (keeper === undefined) return rm(this.#options.folder, { recursive: true, force: true });
    if (keeper.exitCode !== null || keeper.signalCode !== null) return;
    keeper.ref();
    const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
    keeper.stdin?.end();
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As `pg_ctl` finds it out: https://doxygen.postgresql.org/pg__ctl_8c.html, `wait_for_postmaster_start`. */
  #isReady(): boolean {
    const file = join(this.#options.folder, 'data', 'postmaster.pid');
    if (!existsSync(file)) return false;
    const lines = readFileSync(file, 'utf8').split('\n');
    return Number(lines[0]) === this.#process?.pid && lines[7]?.trim() === 'ready';
  }
}

/** As root: `nobody`, because PostgreSQL does not run as root. */
async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((option) => run('id', [option, 'nobody'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

/**
 * Where data folders lie: in memory if there is room, which is several times cheaper for a server with many small
 * files.
 */
function dataRoot(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize >= MIN_MEMORY_BYTES ? MEMORY_FOLDER : tmpdir();
  } catch {
    return tmpdir();
  }
}
