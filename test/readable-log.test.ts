import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { StoreError } from '../src/errors.ts';
import { createLogger } from '../src/log.ts';
import { readableLine } from '../src/readable-log.ts';

/** The log of a terminal, without colours. */
function read(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger('info', { write: (line: string) => void lines.push(readableLine(line)) }));
  return stripVTControlCharacters(lines.join(''));
}

describe('the log in a terminal', () => {
  it('has the time, the level, the message and then the fields', () => {
    const line = read((log) => log.warn({ turn: 't1', ms: 12, usage: { in: 1 } }, 'turn ended'));
    assert.match(line, /^\d\d:\d\d:\d\d WARN {2}turn ended turn=t1 ms=12 usage=\{"in":1\}\n$/);
  });

  it('has the error, its cause and its stack', () => {
    const cause = Object.assign(new TypeError('hidden'), { code: 'ECONNRESET' });
    const line = read((log) =>
      log.error({ err: new StoreError('store_unavailable', 'no answer', { cause }) }, 'failed'),
    );
    assert.match(
      line,
      /ERROR failed StoreError \(store_unavailable\): no answer, caused by TypeError \(ECONNRESET\)\n/,
    );
    assert.match(
      read((log) => log.error({ err: new TypeError('hidden') }, 'failed')),
      /failed TypeError\n {4}at /,
    );
  });

  it('escapes control characters of the terminal', () => {
    const line = readableLine(
      JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00Z', msg: 'said \x1b[2J', name: '\x1b[2J\n' }),
    );
    assert.ok(!line.includes('\x1b[2J'));
  });

  it('does not change other lines', () => {
    for (const line of ['', 'plain', '{"level":"info"}', '[1]', 'null']) assert.equal(readableLine(line), line);
  });
});
