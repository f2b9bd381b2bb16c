import type { Env } from './env.ts';
import { PROXY_VARIABLES } from './proxy-settings.ts';

/** Shorter names are ignored: they resemble those of other programs. */
const MIN_CHARS = 8;
const MAX_EDITS = 2;
/** Every program has its own proxies: FTP_PROXY resembles HTTP_PROXY, DNS_PROXY resembles NO_PROXY. */
const PROXY_NAME = /_PROXY$/i;
/** No other program uses this prefix. */
const OWN_PREFIX = /^REALTIME_/;
/** Settings that are read only in some configurations: those of one kind of model, and all proxies after the first. */
export const SOMETIMES_READ = [
  'AZURE_OPENAI_SCOPE',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_MODEL',
  ...PROXY_VARIABLES,
  'NO_PROXY',
  'no_proxy',
];

/**
 * Warns about variables that resemble a setting, such as `REALTME_VOICE`. `namesRead` are the variables that the bot
 * read.
 */
export function unknownSettings(env: Env, namesRead: ReadonlySet<string>): string[] {
  const known = new Set([...namesRead, ...SOMETIMES_READ]);
  const candidates = [...known].filter((each) => each.length >= MIN_CHARS);
  return Object.keys(env).flatMap((name) => {
    if (known.has(name) || PROXY_NAME.test(name) || !env[name]?.trim()) return [];
    const meant = candidates.find((each) => isAlike(name, each));
    if (meant !== undefined) return [`${name} is not a known setting and is ignored; did you mean ${meant}?`];
    return OWN_PREFIX.test(name) ? [`${name} is not a known setting and is ignored`] : [];
  });
}

/** Whether one name is a misspelling of the other. */
export function isAlike(name: string, known: string): boolean {
  return isWithin(name.toUpperCase(), known.toUpperCase(), MAX_EDITS);
}

/**
 * Whether the Levenshtein distance of the texts, from `i` and `j` on, is at most `edits`. Most pairs differ at once, so
 * this is much faster than a matrix.
 */
function isWithin(one: string, other: string, edits: number, i = 0, j = 0): boolean {
  if (Math.abs(one.length - i - (other.length - j)) > edits) return false;
  let equal = 0;
  while (i + equal < one.length && one[i + equal] === other[j + equal]) equal++;
  const [x, y] = [i + equal, j + equal];
  if (x === one.length || y === other.length) return true;
  if (edits === 0) return false;
  if (isWithin(one, other, edits - 1, x + 1, y + 1)) return true;
  return isWithin(one, other, edits - 1, x + 1, y) || isWithin(one, other, edits - 1, x, y + 1);
}
