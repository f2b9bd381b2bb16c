import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withJpegBlockPool } from '../../src/attachments/jpeg-block-pool.ts';

describe('blocks from a pool', () => {
  it('are zeroed arrays without overlap, in a few large buffers', () => {
    const blocks = withJpegBlockPool(() => Array.from({ length: 70_000 }, () => new Int32Array(64)));
    for (const [i, block] of blocks.entries()) block.fill(i + 1);
    for (const [i, block] of blocks.entries()) {
      assert.ok(block instanceof Int32Array && block.length === 64 && block[0] === i + 1 && block[63] === i + 1);
    }
    assert.equal(new Set(blocks.map(({ buffer }) => buffer)).size, 2);
  });

  it('leave all other arrays unchanged, and everything once they are released', () => {
    const own = Int32Array;
    withJpegBlockPool(() => {
      assert.deepEqual([...new Int32Array([64])], [64]);
      assert.deepEqual([...Int32Array.from([1, 2])], [1, 2]);
      assert.equal(new Int32Array(63).buffer.byteLength, 252);
    });
    assert.throws(() => withJpegBlockPool(() => assert.fail('broken')), /broken/);
    assert.equal(Int32Array, own);
  });
});
