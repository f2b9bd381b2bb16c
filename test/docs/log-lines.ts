import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A call that logs at level warn, error or fatal. `log[level]` may have one of these levels. */
const LOGGING = /\blog(?:\.(?:warn|error|fatal)|\[level\])\(/gi;
/** The lines of calls that log a variable, by their file and the variable; an empty list if they explain themselves. */
const OF_VARIABLES: Readonly<Record<string, readonly RegExp[]>> = {
  'index.ts: notice': [],
  'index.ts: reason': [/return `(bot not started: [^`]*)`/g],
  'index.ts: fault': [/\bfail\(err, '([^']+)'\)/g],
  'telemetry/telemetry.ts: failure': [/#withinLimit\('([^']+)'/g],
  'conversation/side-work.ts: failure': [/failure = '([^']+)'/g, /[sS]ideWork(?:\.run)?\([^;]*, '([^']+)'\)/g],
  'conversation/turn/turn.ts: failure': [/\borLog\([^;]*?, '([^']+)'\)/g],
  'conversation/turn/report-turn.ts: text': [
    /level: '(?:warn|error)', text: '([^']+)'/g,
    /const text = '(turn ended)'/g,
  ],
};

const root = fileURLToPath(new URL('../../src/', import.meta.url));
/** The source by file, without comments. The doctor prints its log beside its own findings. */
const SOURCES = globSync('**/*.ts', { cwd: root, exclude: ['doctor', 'doctor.ts', '**/browser'] }).map((path) => {
  const file = path.replaceAll('\\', '/');
  return [file, readFileSync(`${root}${file}`, 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')] as const;
});

/** The last argument of a call. `start`: the position after its opening bracket. */
function lastArgument(text: string, start: number): string {
  const args = [''];
  let depth = 0;
  let quote = '';
  for (const char of text.slice(start)) {
    if (quote === '' && depth === 0 && char === ')') break;
    if (quote === '' && depth === 0 && char === ',') args.push('');
    else args.push(`${args.pop()}${char}`);
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (/['"`]/.test(char)) quote = char;
    else if (/[([{]/.test(char)) depth++;
    else if (/[)\]}]/.test(char)) depth--;
  }
  return args.map((each) => each.trim()).findLast((each) => each !== '') ?? '';
}

/** The texts in an expression. A part of a template that varies is "…". */
function textsIn(expression: string): string[] {
  const quoted = [...expression.matchAll(/'([^']*)'|`([^`]*)`/g)];
  return quoted.map(([, text, template = '']) => text ?? withoutValues(template));
}

function withoutValues(template: string): string {
  return template.replaceAll(/\$\{[^}]*\}/g, '…');
}

/** The lines of one call. Throws if its line is a variable that is not listed above. */
function linesOf(file: string, argument: string): string[] {
  const texts = textsIn(argument);
  if (texts.length > 0) return texts;
  const patterns = OF_VARIABLES[`${file}: ${argument}`];
  if (patterns === undefined) throw new Error(`${file} logs ${argument}: list where its lines are`);
  const found = patterns.flatMap((pattern) => SOURCES.flatMap(([, source]) => [...source.matchAll(pattern)]));
  if (patterns.length > 0 && found.length === 0) throw new Error(`${file}: nothing is found for ${argument}`);
  return found.map(([, line = '']) => withoutValues(line));
}

/** All lines that the bot logs at level warn, error or fatal. */
export function logLines(): ReadonlySet<string> {
  const lines = SOURCES.flatMap(([file, source]) =>
    [...source.matchAll(LOGGING)].flatMap(({ index, 0: call }) =>
      linesOf(file, lastArgument(source, index + call.length)),
    ),
  );
  return new Set(lines);
}
