import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AudioAnalysis } from '../../../dev/simulator/audio-analysis.ts';
import { type AudioFormat, PCM } from '../../../dev/simulator/fields.ts';
import type { ClipDescription } from '../../../dev/simulator/input-description.ts';
import { inFormat, silenceOf, toneOf } from './sounds.ts';

function heard(audio: Uint8Array, format: AudioFormat = PCM): ClipDescription {
  const ear = new AudioAnalysis(format);
  ear.add(audio);
  return ear.finish();
}

function assertTone({ loudestHz = Number.NaN }: ClipDescription, hz: number): void {
  assert.ok(Math.abs(loudestHz - hz) <= hz * 0.02, `${hz} Hz was heard as ${loudestHz} Hz`);
}

/** Sounds laid over each other. */
function mixed(...sounds: readonly Uint8Array[]): Uint8Array {
  const samples = sounds.map((sound) => new Int16Array(sound.buffer));
  const sum = Int16Array.from(samples[0] ?? [], (_, index) => samples.reduce((all, one) => all + (one[index] ?? 0), 0));
  return new Uint8Array(sum.buffer);
}

describe('Ear', () => {
  for (const hz of [80, 97, 110, 261.6, 440, 441, 1_000, 3_333, 7_999, 8_000]) {
    for (const durationMs of [60, 100, 2_000]) {
      it(`hears ${hz} Hz in ${durationMs} ms`, () => {
        const clip = heard(toneOf(hz, durationMs));
        assertTone(clip, hz);
        assert.equal(clip.durationMs, durationMs);
      });
    }
  }

  for (const type of ['audio/pcmu', 'audio/pcma'] as const) {
    for (const hz of [80, 440, 3_000]) {
      it(`hears ${hz} Hz in ${type}`, () => {
        const clip = heard(inFormat(toneOf(hz, 1_500), type), { type });
        assertTone(clip, hz);
        assert.equal(clip.durationMs, 1_500);
      });
    }
  }

  it('hears the same whatever pieces it comes in', () => {
    const audio = toneOf(523, 1_234);
    const whole = heard(audio);
    for (const pieceBytes of [2, 998, 8_192, 24_000]) {
      const ear = new AudioAnalysis(PCM);
      for (let at = 0; at < audio.length; at += pieceBytes) ear.add(audio.subarray(at, at + pieceBytes));
      assert.deepEqual(ear.finish(), whole);
    }
  });

  it('takes the louder of two tones, and the longer of two that are equally loud', () => {
    assertTone(heard(mixed(toneOf(300, 500, 0.2), toneOf(1_200, 500, 0.4))), 1_200);
    assertTone(heard(Buffer.concat([toneOf(600, 1_500), toneOf(900, 700)])), 600);
  });

  it('finds a tone between silences', () => {
    assertTone(heard(Buffer.concat([silenceOf(3_000), toneOf(440, 300), silenceOf(3_000)])), 440);
  });

  it('finds a tone beside a constant', () => {
    const constant = new Uint8Array(Int16Array.from({ length: 24_000 }, () => 12_000).buffer);
    assertTone(heard(mixed(constant, toneOf(200, 1_000, 0.05))), 200);
    // Short of a window, a constant reaches further up the spectrum.
    assertTone(heard(mixed(constant.slice(0, 30 * 48), toneOf(400, 30, 0.05))), 400);
  });

  it('calls the level in dB of full scale', () => {
    assert.equal(heard(toneOf(440, 1_000, 1)).levelDb, -3);
    assert.equal(heard(toneOf(440, 1_000, 0.1)).levelDb, -23);
  });

  const silent: readonly [string, Uint8Array, AudioFormat][] = [
    ['nothing', silenceOf(500), PCM],
    ['a constant', new Uint8Array(Int16Array.from({ length: 12_000 }, () => 9_000).buffer), PCM],
    ['a tone at the edge of hearing', toneOf(440, 500, 0.0003), PCM],
    ['nothing in mu-law', inFormat(silenceOf(500), 'audio/pcmu'), { type: 'audio/pcmu' }],
    ['nothing in A-law', inFormat(silenceOf(500), 'audio/pcma'), { type: 'audio/pcma' }],
    ['a single sample', silenceOf(1).subarray(0, 2), PCM],
  ];
  for (const [what, audio, format] of silent) {
    it(`calls silence: ${what}`, () => {
      const { loudestHz, levelDb } = heard(audio, format);
      assert.equal(loudestHz, undefined);
      assert.ok(levelDb >= -96 && levelDb < -60, String(levelDb));
    });
  }

  it('knows no tone of a clip without a sample', () => {
    assert.deepEqual(new AudioAnalysis(PCM).finish(), { durationMs: 0, loudestHz: undefined, levelDb: -96 });
  });
});
