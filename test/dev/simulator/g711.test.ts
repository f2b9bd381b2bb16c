import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PCM } from '../../../dev/simulator/fields.ts';
import { decodeAudio, encodeAudio } from '../../../dev/simulator/g711.ts';

/** Three equal samples at 24 kHz, which are one at 8 kHz. */
function pcmOf(...samples: number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(samples.flatMap((sample) => [sample, sample, sample])).buffer);
}

// Silence, small steps, full scale; the expected bytes are those of Python's audioop.
const SAMPLES = [0, 100, -100, 1_000, -1_000, 10_000, -10_000, 32_767, -32_768];

describe('encodeAudio', () => {
  it('leaves PCM alone', () => {
    const pcm = pcmOf(...SAMPLES);
    assert.equal(encodeAudio(pcm, PCM), pcm);
  });

  it('speaks mu-law', () => {
    const expected = [0xff, 0xf2, 0x72, 0xce, 0x4e, 0x9c, 0x1c, 0x80, 0x00];
    assert.deepEqual([...encodeAudio(pcmOf(...SAMPLES), { type: 'audio/pcmu' })], expected);
  });

  it('speaks A-law', () => {
    const expected = [0xd5, 0xd3, 0x53, 0xfa, 0x7a, 0xb6, 0x36, 0xaa, 0x2a];
    assert.deepEqual([...encodeAudio(pcmOf(...SAMPLES), { type: 'audio/pcma' })], expected);
  });

  it('drops what is less than a sample', () => {
    assert.equal(encodeAudio(new Uint8Array(11), { type: 'audio/pcmu' }).length, 1);
    assert.equal(encodeAudio(new Uint8Array(), { type: 'audio/pcma' }).length, 0);
  });
});

describe('decodeAudio', () => {
  it('reads PCM wherever it lies in memory', () => {
    const bytes = Buffer.from([0xff, 0x01, 0x00, 0xff, 0xff, 0x00, 0x80]);
    assert.deepEqual([...decodeAudio(bytes.subarray(1), PCM)], [1, -1, -32_768]);
  });

  // The expected samples are those of Python's audioop.
  it('reads mu-law', () => {
    const codes = Uint8Array.of(0x00, 0x80, 0xff, 0x7f, 0xf2, 0x4e);
    assert.deepEqual([...decodeAudio(codes, { type: 'audio/pcmu' })], [-32_124, 32_124, 0, 0, 104, -988]);
  });

  it('reads A-law', () => {
    const codes = Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0xd3, 0x7a);
    assert.deepEqual([...decodeAudio(codes, { type: 'audio/pcma' })], [8, -8, 32_256, -32_256, 104, -1_008]);
  });

  for (const type of ['audio/pcmu', 'audio/pcma'] as const) {
    it(`reads what was written in ${type}`, () => {
      const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
      const again = encodeAudio(pcmOf(...decodeAudio(codes, { type })), { type });
      // Mu-law has two codes for nothing.
      const expected = [...codes].map((code) => (type === 'audio/pcmu' && code === 0x7f ? 0xff : code));
      assert.deepEqual([...again], expected);
    });
  }
});
