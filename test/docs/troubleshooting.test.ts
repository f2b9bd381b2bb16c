import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TURN_ERRORS } from '../../src/errors.ts';
import { logLines } from './log-lines.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/troubleshooting.md');
/** The first cells of the rows that begin with this sign. */
const cells = (sign: string) =>
  page.split('\n').flatMap((row) => (row.startsWith(`| ${sign}`) ? [row.split(' | ')[0] ?? ''] : []));
const found = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, part = '']) => part);

/** The codes of the errors that a turn can end with beside `TURN_ERRORS`: the database, the channel, a proxy. */
function otherCodes(): string[] {
  const errors = read('src/errors.ts');
  const [, store = ''] = /STORE_RETRY = \{([^}]*)\}/.exec(errors) ?? [];
  const unions = found(/class (?:Send|Proxy)Error extends BotError<([^>]*)>/g, errors).join();
  const counted = found(/\? '(dead_lettered)'/g, read('src/conversation/turn/report-turn.ts'));
  return [...found(/(\w+):/g, store), ...found(/'(\w+)'/g, unions), ...counted];
}

describe('docs/troubleshooting.md', () => {
  it('has every code of a failed turn once, and no other', () => {
    const codes = cells('`').flatMap((cell) => found(/`([^`]+)`/g, cell));
    assert.deepEqual(codes.sort(), [...Object.keys(TURN_ERRORS), ...otherCodes()].sort());
  });

  const documented = cells('"').flatMap((cell) => found(/"([^"]+)"/g, cell));
  const names = (text: string, line: string) =>
    text === line || (text.endsWith('…') && line.startsWith(text.slice(0, -1)));

  it('has every line that the bot logs at level warn, error or fatal', () => {
    const missing = [...logLines()].filter((line) => !documented.some((text) => names(text, line)));
    assert.deepEqual(missing, []);
  });

  it('has no line that the bot does not log, and none twice', () => {
    const lines = [...logLines()];
    assert.deepEqual(
      documented.filter((text) => !lines.some((line) => names(text, line))),
      [],
    );
    assert.deepEqual(documented, [...new Set(documented)]);
  });

  it('says for each of them what to do', () => {
    for (const row of page.split('\n').filter((line) => /^\| [`"]/.test(line)))
      assert.match(row, /^\| .+ \| [^|]{9,} \|$/);
  });
});
