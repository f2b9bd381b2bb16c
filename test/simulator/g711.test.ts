import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PCM } from '../../src/simulator/fields.ts';
import { encodeAudio } from '../../src/simulator/g711.ts';

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
