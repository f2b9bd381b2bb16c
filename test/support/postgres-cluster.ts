import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { chown, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isOpenToAll, nativeFolder } from './postgres-binaries.ts';

/** The account of the server's processes. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface ClusterOptions {
  /** The folder of PostgreSQL's programs. */
  readonly bin: string;
  /** Unset: that of this process. */
  readonly account: Account | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/postgres', import.meta.url));
const run = promisify(execFile);

/** Makes the data folder of a server. `initdb` takes ten times as long as a copy of what it made. */
export async function makeCluster(data: string, options: ClusterOptions): Promise<void> {
  const { account } = options;
  const isCached = process.platform !== 'win32' && (account === undefined || isOpenToAll(dirname(dirname(CACHE))));
  if (!isCached) return initialize(data, options);
  // A cluster belongs to one release of PostgreSQL and to one account.
  const { name, version } = JSON.parse(await readFile(join(nativeFolder(), '../package.json'), 'utf8'));
  const made = join(CACHE, `${basename(name)}-${version}-${account?.uid ?? process.getuid?.()}`);
  if (!existsSync(made)) await initializeOnce(made, options);
  await run('cp', ['-a', made, data]);
}

/** Several processes may do it at once; the first one wins. */
async function initializeOnce(made: string, options: ClusterOptions): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const folder = await mkdtemp(`${made}-`);
  try {
    if (options.account !== undefined) await chown(folder, options.account.uid, options.account.gid);
    await initialize(join(folder, 'data'), options);
    await rename(join(folder, 'data'), made).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function initialize(data: string, { bin, account, env, password }: ClusterOptions): Promise<void> {
  const file = `${data}-password`;
  await writeFile(file, password);
  chmodSync(file, 0o600);
  if (account !== undefined) await chown(file, account.uid, account.gid);
  const options = [
    '-D',
    data,
    '-U',
    'postgres',
    `--pwfile=${file}`,
    '--auth=scram-sha-256',
    '--no-locale',
    '-E',
    'UTF8',
  ];
  await run(join(bin, 'initdb'), [...options, '--no-sync', '--set', 'scram_iterations=1'], {
    ...account,
    env,
    cwd: dirname(data),
  });
  await rm(file);
}
