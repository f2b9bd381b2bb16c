import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { detectAudioFormat } from '../../../src/audio/clip/audio-format.ts';
import { createClipDecoder } from '../../../src/audio/clip/clip-decoder.ts';
import { durationMs } from '../../../src/audio/pcm.ts';
import { systemClock } from '../../../src/clock.ts';
import { createLogger } from '../../../src/log.ts';
import { amplitudeAt, clipFile, decibels } from './tones.ts';

const AMPLITUDE = 0.25;

function assertLevel(pcm: Uint8Array, hz: number, amplitude: number): void {
  const change = decibels(amplitudeAt(hz, pcm) / amplitude);
  assert.ok(Math.abs(change) < 1, `${hz} Hz: ${change.toFixed(2)} dB`);
}

const CLIPS: readonly (readonly [name: string, durationMs: number])[] = [
  ['mono-44k1.mp3', 1_500],
  ['mono-44k1-no-info.mp3', 1_541],
  ['mono-22k05.mp3', 1_500],
  ['mono-8k.mp3', 1_500],
  ['cover-44k1.mp3', 1_500],
  ['stereo-44k1-vbr.mp3', 1_500],
  ['stereo-48k.mp3', 1_500],
  ['mono.opus', 1_500],
  ['mono-8k.opus', 1_500],
  ['voip-60ms.opus', 1_500],
  ['stereo.opus', 1_500],
];

describe('a clip', () => {
  const decoder = createClipDecoder({ clock: systemClock, log: createLogger('silent') });
  after(() => decoder.close());
  const decodeClip = (bytes: Uint8Array) => decoder.decode(bytes, new AbortController().signal);

  for (const [name, expectedMs] of CLIPS) {
    it(`is decoded: ${name}`, async () => {
      const bytes = clipFile(name);
      assert.equal(detectAudioFormat(bytes), name.slice(-4).replace('.', ''));
      const pcm = await decodeClip(bytes);
      const ms = durationMs(pcm.byteLength);
      assert.ok(Math.abs(ms - expectedMs) <= 20, `${ms} ms`);
      // The second channel has the other tone; the mean of both halves the level.
      const isStereo = name.startsWith('stereo');
      assertLevel(pcm, 1_000, isStereo ? AMPLITUDE / 2 : AMPLITUDE);
      if (isStereo) assertLevel(pcm, 3_000, AMPLITUDE / 2);
      assert.ok(amplitudeAt(2_000, pcm) < 0.003);
    });
  }

  for (const name of ['stereo-44k1-vbr.mp3', 'mono-44k1-no-info.mp3', 'mono.opus', 'stereo.opus']) {
    it(`is decoded as far as the file goes: ${name}`, async () => {
      const whole = clipFile(name);
      const pcm = await decodeClip(whole.subarray(0, 0.6 * whole.length));
      const ms = durationMs(pcm.byteLength);
      assert.ok(ms > 500 && ms < 1_450, `${ms} ms`);
      assertLevel(pcm, 1_000, name.startsWith('stereo') ? AMPLITUDE / 2 : AMPLITUDE);
    });
  }

  it('is not the audio inside its tag', async () => {
    const inside = clipFile('mono-8k.mp3');
    const size = [21, 14, 7, 0].map((shift) => (inside.length >> shift) & 0x7f);
    const tag = Buffer.from([...Buffer.from('ID3\x03\x00\x00', 'latin1'), ...size, ...inside]);
    const pcm = await decodeClip(Buffer.concat([tag, clipFile('stereo-48k.mp3')]));
    assertLevel(pcm, 3_000, AMPLITUDE / 2);
  });

  it('is reported as damaged if it has no audio', async () => {
    const opus = clipFile('mono.opus');
    const broken = {
      'a tag alone': clipFile('cover-44k1.mp3').subarray(0, 2_000),
      'half a frame': Buffer.concat([
        Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x00', 'latin1'),
        clipFile('mono-8k.mp3').subarray(0, 100),
      ]),
      'a header alone': opus.subarray(0, 47),
      'half a header': opus.subarray(0, 40),
      'no channels': opus.with(37, 0),
      'two hundred channels': opus.with(37, 200),
      'no pages': Buffer.concat([opus.subarray(0, 47), Buffer.alloc(1_000, 1)]),
    };
    for (const [name, bytes] of Object.entries(broken)) {
      await assert.rejects(decodeClip(bytes), { name: 'AttachmentError', code: 'damaged' }, name);
    }
  });

  it('is rejected if it is unknown or needs ffmpeg', async () => {
    await assert.rejects(decodeClip(Buffer.from('no sound')), { code: 'kind_unknown' });
    await assert.rejects(decodeClip(new Uint8Array()), { code: 'kind_unknown' });
    for (const name of ['mono-vorbis.ogg', 'stereo-44k1.m4a', 'mono-8k.flac']) {
      await assert.rejects(decodeClip(clipFile(name)), { code: 'kind_unsupported' }, name);
    }
  });
});
