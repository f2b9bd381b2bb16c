import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { type BotZip, makeBotZip } from '../../dev/packaging/bot-zip.ts';
import { START_COMMAND } from '../../dev/packaging/bundle-table.ts';
import type { Env } from '../../src/config/env.ts';
import { type BotProcess, spawnBot } from '../support/bot-process.ts';

/** With a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The build that the unpacked bot reports. */
export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface MadeZip {
  readonly made: BotZip;
  /** Its contents, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

let madeZip: Promise<MadeZip> | undefined;

/** The bot's ZIP. Creating and unpacking it takes seconds, so all tests of this process share it. */
export function sharedBotZip(): Promise<MadeZip> {
  madeZip ??= makeBotZip(ROOT, COMMIT).then((made) => ({ made, files: unzipSync(made.zip) }));
  return madeZip;
}

/** The folder of the deployed bot, as on App Service. */
export interface Unpacked {
  readonly folder: string;
  /** Next to it, for `NODE_COMPILE_CACHE`: the compiled code of one process serves the next ones. */
  readonly compiled: string;
  /** Fails if something was written there: on App Service that folder is read-only. */
  assertUntouched(): void;
  remove(): void;
}

/** Unpacks the ZIP in a place from which nothing of this project can be found. */
export async function unpackBot(): Promise<Unpacked> {
  const { files } = await sharedBotZip();
  const folder = mkdtempSync(join(tmpdir(), 'wwwroot-'));
  for (let above = folder; ; above = dirname(above)) {
    assert.ok(!existsSync(join(above, 'node_modules')), `there is a node_modules in ${above}`);
    if (above === dirname(above)) break;
  }
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
  const before = inventory(folder);
  const compiled = `${folder}-compiled`;
  return {
    folder,
    compiled,
    assertUntouched: () => assert.deepEqual(inventory(folder), before),
    remove: () => {
      for (const each of [folder, compiled]) rmSync(each, { recursive: true, force: true });
    },
  };
}

/** Starts it with the deployed start command in a shell, as App Service does. */
export function startUnpacked({ folder, compiled }: Unpacked, env: Env): BotProcess {
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`;
  return spawnBot(['sh', '-c', START_COMMAND], { PATH: path, NODE_COMPILE_CACHE: compiled, ...env }, folder);
}

function inventory(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return paths.map((path) => {
    const { size, mtimeMs } = statSync(join(folder, path));
    return `${path} ${size} ${mtimeMs}`;
  });
}
