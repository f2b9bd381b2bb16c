import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AudioAnalysis } from '../../../dev/simulator/audio-analysis.ts';
import type { ClipDescription } from '../../../dev/simulator/input-description.ts';
import { silenceOf, toneOf } from './sounds.ts';

function analyze(audio: Uint8Array): ClipDescription {
  const analysis = new AudioAnalysis();
  analysis.add(audio);
  return analysis.finish();
}

function assertTone({ loudestHz = Number.NaN }: ClipDescription, hz: number): void {
  assert.ok(Math.abs(loudestHz - hz) <= hz * 0.02, `${hz} Hz was found as ${loudestHz} Hz`);
}

/** The sum of several sounds. */
function mixed(...sounds: readonly Uint8Array[]): Uint8Array {
  const samples = sounds.map((sound) => new Int16Array(sound.buffer));
  const sum = Int16Array.from(samples[0] ?? [], (_, index) => samples.reduce((all, one) => all + (one[index] ?? 0), 0));
  return new Uint8Array(sum.buffer);
}

describe('AudioAnalysis', () => {
  for (const hz of [80, 97, 110, 261.6, 440, 441, 1_000, 3_333, 7_999, 8_000]) {
    for (const durationMs of [60, 100, 2_000]) {
      it(`finds ${hz} Hz in ${durationMs} ms`, () => {
        const clip = analyze(toneOf(hz, durationMs));
        assertTone(clip, hz);
        assert.equal(clip.durationMs, durationMs);
      });
    }
  }

  it('does not depend on how the audio is chunked', () => {
    const audio = toneOf(523, 1_234);
    const whole = analyze(audio);
    for (const pieceBytes of [2, 998, 8_192, 24_000]) {
      const analysis = new AudioAnalysis();
      for (let at = 0; at < audio.length; at += pieceBytes) analysis.add(audio.subarray(at, at + pieceBytes));
      assert.deepEqual(analysis.finish(), whole);
    }
  });

  it('finds the louder of two tones, and the longer of two equally loud ones', () => {
    assertTone(analyze(mixed(toneOf(300, 500, 0.2), toneOf(1_200, 500, 0.4))), 1_200);
    assertTone(analyze(Buffer.concat([toneOf(600, 1_500), toneOf(900, 700)])), 600);
  });

  it('finds a tone between silences', () => {
    assertTone(analyze(Buffer.concat([silenceOf(3_000), toneOf(440, 300), silenceOf(3_000)])), 440);
  });

  it('ignores a constant offset', () => {
    const constant = new Uint8Array(Int16Array.from({ length: 24_000 }, () => 12_000).buffer);
    assertTone(analyze(mixed(constant, toneOf(200, 1_000, 0.05))), 200);
    // Short of a window, a constant reaches further up the spectrum.
    assertTone(analyze(mixed(constant.slice(0, 30 * 48), toneOf(400, 30, 0.05))), 400);
  });

  it('returns the level in dB of full scale', () => {
    assert.equal(analyze(toneOf(440, 1_000, 1)).levelDb, -3);
    assert.equal(analyze(toneOf(440, 1_000, 0.1)).levelDb, -23);
  });

  const silent: readonly [string, Uint8Array][] = [
    ['nothing', silenceOf(500)],
    ['a constant', new Uint8Array(Int16Array.from({ length: 12_000 }, () => 9_000).buffer)],
    ['a very quiet tone', toneOf(440, 500, 0.0003)],
    ['a single sample', silenceOf(1).subarray(0, 2)],
  ];
  for (const [what, audio] of silent) {
    it(`finds silence: ${what}`, () => {
      const { loudestHz, levelDb } = analyze(audio);
      assert.equal(loudestHz, undefined);
      assert.ok(levelDb >= -96 && levelDb < -60, String(levelDb));
    });
  }

  it('finds no tone in an empty clip', () => {
    assert.deepEqual(new AudioAnalysis().finish(), { durationMs: 0, loudestHz: undefined, levelDb: -96 });
  });
});
