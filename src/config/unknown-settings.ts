import type { Env } from './env.ts';
import { PROXY_VARIABLES } from './proxy-settings.ts';

/** Shorter names are ignored: they resemble those of other programs. */
const MIN_CHARS = 8;
const MAX_EDITS = 2;
/** No other program uses this prefix. */
const OWN_PREFIX = /^REALTIME_/;
/** Known settings that the bot may not read: those of another kind of model, and all proxies after the first. */
const SOMETIMES_READ = [
  'AZURE_OPENAI_SCOPE',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_MODEL',
  ...PROXY_VARIABLES,
  'NO_PROXY',
  'no_proxy',
];

/** Warns about variables that resemble a setting, such as `REALTME_VOICE`. `read` holds the variables that the bot read. */
export function unknownSettings(env: Env, read: ReadonlySet<string>): string[] {
  const known = [...new Set([...read, ...SOMETIMES_READ])];
  const isKnown = (name: string) => known.includes(name);
  return Object.keys(env).flatMap((name) => {
    if (isKnown(name) || !env[name]?.trim()) return [];
    const meant = known.find((each) => each.length >= MIN_CHARS && isAlike(name, each));
    if (meant !== undefined) return [`${name} is not a known setting and is ignored; did you mean ${meant}?`];
    return OWN_PREFIX.test(name) ? [`${name} is not a known setting and is ignored`] : [];
  });
}

/** Whether one name is a misspelling of the other. */
export function isAlike(name: string, known: string): boolean {
  const [one, other] = [name.toUpperCase(), known.toUpperCase()];
  return Math.abs(one.length - other.length) <= MAX_EDITS && editDistance(one, other) <= MAX_EDITS;
}

/** The Levenshtein distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let y = 1; y <= one.length; y++) {
    const next = [y];
    for (let x = 1; x <= other.length; x++) {
      const replaced = (row[x - 1] ?? 0) + (one[y - 1] === other[x - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[x] ?? 0) + 1, (next[x - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
