import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineBuffer } from '../../src/tools/mcp/line-buffer.ts';

describe('the lines of a program', () => {
  it('are the same however the stream is cut, also within a character', () => {
    const stream = Buffer.from('one\n\nzwölf\r\n🎉 three\nrest');
    for (let size = 1; size <= stream.byteLength; size++) {
      const buffer = new LineBuffer(100);
      const lines: string[] = [];
      for (let at = 0; at < stream.byteLength; at += size) lines.push(...buffer.add(stream.subarray(at, at + size)));
      assert.deepEqual(lines, ['one', '', 'zwölf\r', '🎉 three'], `${size} bytes`);
    }
  });

  it('are bounded each, and not together', () => {
    const buffer = new LineBuffer(4);
    assert.deepEqual(buffer.add(Buffer.from('1234\n1234\n12')), ['1234', '1234']);
    assert.deepEqual(buffer.add(Buffer.from('34')), []);
    assert.throws(() => buffer.add(Buffer.from('5')), RangeError);
  });
});
