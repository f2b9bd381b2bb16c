import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INPUT_RATE_HZ, resample } from '../../../dev/simulator/resample.ts';

const OUTPUT_RATE_HZ = 24_000;
const LEVEL = 16_000;

function sine(hz: number, rateHz: number, seconds: number): Int16Array {
  const length = Math.round(rateHz * seconds);
  return Int16Array.from({ length }, (_, index) => Math.round(LEVEL * Math.sin((2 * Math.PI * hz * index) / rateHz)));
}

/** Signal to noise in dB against the same sine made at the output's rate, without the filter's run-in. */
function snr(actual: Int16Array, expected: Int16Array): number {
  const edge = 50;
  let signal = 0;
  let noise = 0;
  for (let index = edge; index < expected.length - edge; index++) {
    signal += (expected[index] ?? 0) ** 2;
    noise += ((actual[index] ?? 0) - (expected[index] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('resample', () => {
  for (const hz of [100, 440, 1_000, 3_000, 5_000, 8_000]) {
    it(`keeps a sine of ${hz} Hz, in place, with at least 40 dB to the noise`, () => {
      const result = snr(resample(sine(hz, INPUT_RATE_HZ, 1)), sine(hz, OUTPUT_RATE_HZ, 1));
      assert.ok(result >= 40, `${result.toFixed(1)} dB`);
    });
  }

  for (const length of [0, 1, 2, 147, 148, 22_050, 22_051]) {
    it(`turns 147 samples into 160: ${length}`, () => {
      const result = resample(new Int16Array(length)).length;
      assert.ok(Math.abs(result - (length * 160) / 147) <= 1, `${result}`);
    });
  }

  it('keeps silence and a constant level', () => {
    assert.ok(resample(new Int16Array(1_000)).every((sample) => sample === 0));
    const level = resample(new Int16Array(1_000).fill(12_345)).subarray(50, -50);
    assert.ok(level.every((sample) => Math.abs(sample - 12_345) <= 1));
  });

  it('clips overshoots instead of wrapping around', () => {
    const square = Int16Array.from({ length: 2_000 }, (_, index) => (Math.floor(index / 40) % 2 ? 32_767 : -32_768));
    const result = resample(square);
    for (const [index, sample] of result.entries()) {
      const place = ((index * 147) / 160) % 40;
      if (place < 5 || place > 35) continue;
      assert.ok(Math.sign(sample) === Math.sign(square[Math.floor((index * 147) / 160)] ?? 0));
    }
  });
});
