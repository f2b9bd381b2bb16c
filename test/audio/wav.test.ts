import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';

const HEADER_BYTES = 44;

/** Pseudo-random bytes, the same in every run. */
function noise(byteLength: number): Buffer {
  let state = 0x2545f491;
  const bytes = Buffer.alloc(byteLength);
  for (let at = 0; at < byteLength; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** `pcm` cut into chunks of these lengths, in turn. */
function cut(pcm: Buffer, ...lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < pcm.length; index++) {
    const length = lengths[index % lengths.length] ?? pcm.length;
    pieces.push(pcm.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** Asserts every field of a canonical header for so many bytes of PCM16 mono at 24 kHz. */
function assertHeader(wav: Buffer, dataBytes: number): void {
  assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
  assert.equal(wav.readUInt32LE(4), 36 + dataBytes, 'RIFF size');
  assert.equal(wav.toString('latin1', 8, 12), 'WAVE');
  assert.equal(wav.toString('latin1', 12, 16), 'fmt ');
  assert.equal(wav.readUInt32LE(16), 16, 'fmt size');
  assert.equal(wav.readUInt16LE(20), 1, 'format: PCM');
  assert.equal(wav.readUInt16LE(22), 1, 'channels');
  assert.equal(wav.readUInt32LE(24), 24_000, 'sample rate');
  assert.equal(wav.readUInt32LE(28), 48_000, 'byte rate');
  assert.equal(wav.readUInt16LE(32), 2, 'block align');
  assert.equal(wav.readUInt16LE(34), 16, 'bits per sample');
  assert.equal(wav.toString('latin1', 36, 40), 'data');
  assert.equal(wav.readUInt32LE(40), dataBytes, 'data size');
}

async function assertEncodes(pcm: Buffer, pieces: readonly Uint8Array[]): Promise<void> {
  const wav = await encodeWav(toPcm(pieces));
  assertHeader(wav, pcm.length);
  assert.equal(wav.length, HEADER_BYTES + pcm.length);
  assert.ok(wav.subarray(HEADER_BYTES).equals(pcm), 'the samples are not the ones that went in');
}

describe('encodeWav', () => {
  it('creates only a header for no samples', async () => {
    await assertEncodes(Buffer.alloc(0), []);
  });

  it('encodes a single sample', async () => {
    await assertEncodes(Buffer.from([0x34, 0x12]), [Uint8Array.of(0x34, 0x12)]);
  });

  it('joins chunks that end in the middle of a sample', async () => {
    const pcm = noise(1_000);
    await assertEncodes(pcm, cut(pcm, 1, 3, 7, 333));
  });

  it('accepts chunks that are views of a larger buffer', async () => {
    const whole = noise(64);
    const pieces = [new Uint8Array(whole.buffer, whole.byteOffset + 10, 6), whole.subarray(30, 34)];
    await assertEncodes(Buffer.concat(pieces), pieces);
  });

  it('handles more than 64 kB, in one chunk or in many', { timeout: 5_000 }, async () => {
    const pcm = noise(70_000);
    await assertEncodes(pcm, [pcm]);
    await assertEncodes(pcm, cut(pcm, 16_385, 2_047));
  });

  it('encodes a minute and more', { timeout: 10_000 }, async () => {
    const pcm = noise(3 * 1024 * 1024);
    await assertEncodes(pcm, cut(pcm, 12_000, 4_801));
  });

  it('encodes several at once', async () => {
    const clips = Array.from({ length: 8 }, (_, index) => noise(40_000 + index * 2).fill(index, 0, 100));
    await Promise.all(clips.map((pcm) => assertEncodes(pcm, cut(pcm, 9_999))));
  });
});
