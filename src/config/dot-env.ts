import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from '../errors.ts';

/** Replaces a "#" inside a word, so that the parser does not start a comment there. */
const INNER_HASH = '\u0001';

const NOT_READ = '.env is not read because NODE_ENV is production; set its settings as environment variables';

/**
 * Reads `.env` of the current folder into `env`, except in production. Variables that are already set win. Returns
 * notices about the file, without any value. Throws a ConfigError when the file cannot be read.
 */
export function loadDotEnv(env: NodeJS.ProcessEnv): readonly string[] {
  if (env['NODE_ENV'] === 'production') return existsSync('.env') ? [NOT_READ] : [];
  const text = readDotEnv();
  if (text === undefined) return existsSync('.env.txt') ? ['.env.txt is not read; rename it to .env'] : [];
  // Node ends an unquoted value at its first "#", even inside a word.
  const uncut = parseEnv(text.replace(/(?<=\S)#/g, INNER_HASH));
  const used = Object.entries(parseEnv(text)).filter(([name]) => env[name] === undefined);
  for (const [name, value] of used) env[name] = value;
  return used
    .filter(([name, value]) => uncut[name]?.replaceAll(INNER_HASH, '#') !== value)
    .map(
      ([name]) => `${name} is cut off at the first "#" of its line in .env; put it in quotes if the "#" belongs to it`,
    );
}

/** Returns `undefined` if there is no file. */
function readDotEnv(): string | undefined {
  try {
    return decode(readFileSync('.env'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const finding = code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new ConfigError(
      [`.env ${finding}; expected a text file in UTF-8, or in UTF-16 with a byte order mark`],
      'dot_env_unreadable',
    );
  }
}

/** Notepad and PowerShell write UTF-16, or UTF-8 with a byte order mark. Throws a TypeError for any other encoding. */
function decode(bytes: Buffer): string {
  const bom = bytes.subarray(0, 2).toString('hex');
  const encoding = bom === 'fffe' ? 'utf-16le' : bom === 'feff' ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  if (text.includes('\0'))
    throw Object.assign(new TypeError('no byte order mark'), {
      code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
    });
  return text;
}
