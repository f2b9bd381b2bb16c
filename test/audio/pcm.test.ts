import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationMs, toPcm } from '../../src/audio/pcm.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

function joined(pieces: readonly Uint8Array[]): number[] {
  const { chunks, byteLength } = toPcm(pieces);
  const all = [...Buffer.concat(chunks)];
  assert.equal(all.length, byteLength);
  return all;
}

describe('toPcm', () => {
  it('keeps whole samples, wherever the chunks were cut', () => {
    assert.deepEqual(joined([bytes(1), bytes(2, 3, 4), bytes(5, 6)]), [1, 2, 3, 4, 5, 6]);
  });

  it('leaves out an odd last byte', () => {
    assert.deepEqual(joined([bytes(1, 2), bytes(3, 4, 5)]), [1, 2, 3, 4]);
    assert.deepEqual(joined([bytes(1, 2), bytes(3)]), [1, 2]);
    assert.deepEqual(joined([bytes(1, 2, 3), bytes()]), [1, 2]);
    assert.deepEqual(joined([bytes(1)]), []);
  });

  it('returns nothing without chunks or with empty ones', () => {
    assert.deepEqual(toPcm([]), { chunks: [], byteLength: 0 });
    assert.deepEqual(toPcm([bytes(), bytes()]), { chunks: [], byteLength: 0 });
  });
});

describe('durationMs', () => {
  it('counts 48 bytes as a millisecond, rounded', () => {
    assert.equal(durationMs(0), 0);
    assert.equal(durationMs(48_000), 1000);
    assert.equal(durationMs(720_000), 15_000);
    assert.equal(durationMs(2), 0);
    assert.equal(durationMs(24), 1);
    assert.equal(durationMs(22), 0);
  });
});
