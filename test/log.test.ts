import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnError } from '../src/errors.ts';
import { createLogger, describeError } from '../src/log.ts';

describe('the log', () => {
  it('writes one JSON line an event, with the level by name', () => {
    const lines: string[] = [];
    createLogger('info', { write: (line: string) => void lines.push(line) }).info({ turn: 't' }, 'turn ended');
    const { level, turn, msg } = JSON.parse(lines[0] ?? '');
    assert.deepEqual({ level, turn, msg }, { level: 'info', turn: 't', msg: 'turn ended' });
  });

  it('keeps names and codes of an error and its causes, and none of its other fields', () => {
    const rest = Object.assign(new Error('refused'), {
      code: 'BadSyntax',
      statusCode: 400,
      request: { headers: { authorization: 'Bearer secret' }, body: 'what somebody said' },
    });
    const described = describeError(new TurnError('internal', 'broke', { cause: rest }));
    assert.doesNotMatch(JSON.stringify(described), /secret|somebody/);
    assert.deepEqual(described['cause'], { type: 'Error', message: 'refused', code: 'BadSyntax', statusCode: 400 });
    assert.equal(described['code'], 'internal');
  });

  it('shows where a fault of the program itself is', () => {
    assert.match(String(describeError(new TypeError('x is not a function'))['stack']), /log\.test\.ts/);
  });

  it('survives what is not an error, and endless causes', () => {
    assert.deepEqual(describeError(undefined), { message: 'undefined' });
    const loop = new Error('loop');
    loop.cause = loop;
    assert.ok(JSON.stringify(describeError(loop)).length < 20_000);
  });
});
