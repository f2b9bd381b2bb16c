import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Resampler } from '../../../src/audio/clip/resampler.ts';
import { amplitudeAt, decibels, tones } from './tones.ts';

function resample(input: Float32Array, rateHz: number, pieceLength = input.length): Float32Array {
  const resampler = new Resampler(rateHz);
  const pieces: Float32Array[] = [];
  for (let at = 0; at < input.length; at += pieceLength) {
    pieces.push(resampler.push(input.subarray(at, at + pieceLength)));
  }
  pieces.push(resampler.end());
  const output = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const piece of pieces) {
    output.set(piece, length);
    length += piece.length;
  }
  return output;
}

const AMPLITUDE = 0.12;

/** PCM with all of these tones, each of AMPLITUDE. */
function pcmOf(rateHz: number, frequenciesHz: readonly number[]): Uint8Array {
  const input = tones(rateHz, 0.25, ...frequenciesHz.map((hz) => [hz, AMPLITUDE] as const));
  const output = resample(new Float32Array(input), rateHz);
  return new Uint8Array(Int16Array.from(output, (sample) => Math.round(sample * 0x8000)).buffer);
}

describe('resampling to 24 kHz', () => {
  const RATES = [11_025, 16_000, 22_050, 32_000, 37_800, 44_056, 44_100, 47_999, 48_000, 96_000, 192_000, 384_000];

  for (const rateHz of [1_000, 8_000, ...RATES]) {
    it(`keeps the level of tones from ${rateHz} Hz within 1 dB up to 10 kHz`, () => {
      // Close to half the rate there is nothing to keep.
      const frequenciesHz = [100, 440, 3_000, 5_000, 7_000, 10_000].filter((hz) => hz <= 0.46 * rateHz);
      const pcm = pcmOf(rateHz, frequenciesHz);
      for (const hz of frequenciesHz) {
        const change = decibels(amplitudeAt(hz, pcm) / AMPLITUDE);
        assert.ok(Math.abs(change) < 1, `${hz} Hz: ${change.toFixed(2)} dB`);
      }
    });
  }

  for (const rateHz of [32_000, 44_100, 48_000, 96_000, 384_000]) {
    it(`does not fold frequencies above 12 kHz, from ${rateHz} Hz`, () => {
      const frequenciesHz = [13_000, 14_000, 15_000, 20_000, 23_000, 40_000, 100_000].filter((hz) => hz < rateHz / 2);
      const pcm = pcmOf(rateHz, frequenciesHz);
      for (const hz of frequenciesHz) {
        const folded = Math.abs(hz - 24_000 * Math.round(hz / 24_000));
        const level = decibels(amplitudeAt(folded, pcm) / AMPLITUDE);
        assert.ok(level < -50, `${hz} Hz at ${folded} Hz: ${level.toFixed(1)} dB`);
      }
    });
  }

  for (const rateHz of [8_000, 11_025, 16_000]) {
    it(`creates no mirror frequencies of tones from ${rateHz} Hz`, () => {
      const hz = 0.4 * rateHz;
      const level = decibels(amplitudeAt(rateHz - hz, pcmOf(rateHz, [hz])) / AMPLITUDE);
      assert.ok(level < -50, `${level.toFixed(1)} dB`);
    });
  }

  for (const rateHz of [44_100, 47_999]) {
    it(`adds less than -60 dB to a tone from ${rateHz} Hz`, () => {
      const [hz, amplitude] = [5_000, 0.5];
      const output = resample(new Float32Array(tones(rateHz, 0.5, [hz, amplitude])), rateHz).subarray(1_200, -1_200);
      const rest = output.map(
        (sample, at) => sample - amplitude * Math.sin((2 * Math.PI * hz * (at + 1_200)) / 24_000),
      );
      const level = decibels(Math.max(...rest.map(Math.abs)) / amplitude);
      assert.ok(level < -60, `${level.toFixed(1)} dB`);
    });
  }

  it('keeps the position of a click, and silence', () => {
    for (const rateHz of RATES) {
      const input = new Float32Array(rateHz / 10);
      input[Math.round(rateHz / 20)] = 1;
      const output = resample(input, rateHz);
      const loudest = output.indexOf(Math.max(...output));
      assert.ok(Math.abs(loudest - 1_200) <= 1, `${rateHz} Hz: ${loudest}`);
      assert.ok(resample(new Float32Array(1_000), rateHz).every((sample) => sample === 0));
    }
  });

  it('has the same result for chunks of any length, and the right number of samples', () => {
    const anyRate = fc.oneof(fc.integer({ min: 1_000, max: 384_000 }), fc.constantFrom(...RATES));
    const property = fc.property(
      anyRate,
      fc.integer({ min: 0, max: 3_000 }),
      fc.integer({ min: 1, max: 900 }),
      (rateHz, length, pieceLength) => {
        const input = Float32Array.from({ length }, (_, at) => Math.sin(at * at));
        const output = resample(input, rateHz, pieceLength);
        assert.equal(output.length, Math.ceil((length * 24_000) / rateHz));
        assert.deepEqual(output, resample(input, rateHz));
      },
    );
    fc.assert(property, { numRuns: 10 });
  });
});
