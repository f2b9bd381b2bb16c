import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { storable } from '../src/storable-json.ts';

describe('storable data', () => {
  it('has neither NUL nor lone surrogates, in texts and in names', () => {
    assert.deepEqual(storable({ 'a\0': ['\ud800x', 'y\udc00', '😀\0'] }), { a: ['\ufffdx', 'y\ufffd', '😀'] });
  });

  it('does not change text that only looks like an escape', () => {
    for (const text of ['\\u0000', '\\\\u0000', '\\ud800', '\u0001\u001f"\\/\n', '\\\0u0000'])
      assert.deepEqual(storable([text]), [text.replaceAll('\0', '')]);
  });

  it('is unchanged if it is well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(storable({ text }).text, text.replaceAll('\0', '').toWellFormed());
      }),
    );
  });
});
