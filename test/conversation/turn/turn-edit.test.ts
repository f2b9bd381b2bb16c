import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remembered } from '../../../src/conversation/turn/turn-edit.ts';

describe('a tool call in the history', () => {
  it('is well-formed, even if its name or its result is cut within an emoji', () => {
    const name = `${'n'.repeat(63)}👍`;
    const output = `${'x'.repeat(199)}👍`;
    const call = { callId: 'call-1', name, argumentsText: '{}' };
    const rest = { tool: undefined, images: [], sources: [], tookMs: 1 };
    const { calls } = remembered([{ call, end: { kind: 'done' }, output, ...rest }]);
    assert.deepEqual(calls, [`${'n'.repeat(63)}\ufffd (done): ${'x'.repeat(199)}\ufffd`]);
  });
});
