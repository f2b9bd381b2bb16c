import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { detectAudioFormat } from '../../../src/audio/clip/audio-format.ts';
import { MAX_CLIP_BYTES } from '../../../src/audio/clip/clip.ts';
import { createClipDecoder } from '../../../src/audio/clip/clip-decoder.ts';
import { decodeWav } from '../../../src/audio/clip/decode-wav.ts';
import { durationMs } from '../../../src/audio/pcm.ts';
import { systemClock } from '../../../src/clock.ts';
import { createLogger } from '../../../src/log.ts';
import { type Coding, chunk, makeWav, riff, type WavFormat } from './make-wav.ts';
import { amplitudeAt, clipFile, decibels, tones } from './tones.ts';

/** Two tones: wrong samples would add others. */
const PARTS = [
  [440, 0.4],
  [2_500, 0.1],
] as const;

const decoder = createClipDecoder({ clock: systemClock, log: createLogger('silent') });
after(() => decoder.close());
const decodeClip = (wav: Uint8Array) => decoder.decode(wav, new AbortController().signal);

async function assertSounds(wav: Uint8Array, seconds = 0.5, share = 1): Promise<void> {
  assert.equal(detectAudioFormat(wav), 'wav');
  const pcm = await decodeClip(wav);
  const ms = durationMs(pcm.byteLength);
  assert.ok(Math.abs(ms - 1_000 * seconds) <= 1, `${ms} ms`);
  for (const [hz, amplitude] of PARTS) {
    const change = decibels(amplitudeAt(hz, pcm) / amplitude / share);
    assert.ok(Math.abs(change) < 0.2, `${hz} Hz: ${change.toFixed(2)} dB`);
  }
}

const wavOf = (format: WavFormat = {}, seconds = 0.5) =>
  makeWav(tones(format.rateHz ?? 24_000, seconds, ...PARTS), format);

describe('a WAV', () => {
  for (const coding of ['u8', 's16', 's24', 's32', 'f32', 'f64', 'alaw', 'mulaw'] satisfies Coding[]) {
    for (const channels of [1, 2]) {
      it(`is decoded (${coding}, channels: ${channels})`, () =>
        assertSounds(wavOf({ coding, channels, rateHz: 16_000 })));
    }
  }

  for (const rateHz of [6_000, 8_000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000, 384_000]) {
    it(`is decoded at ${rateHz} Hz`, () => assertSounds(wavOf({ rateHz })));
  }

  it('keeps 16-bit samples at 24 kHz unchanged', async () => {
    const samples = Float64Array.of(0, 1, -1, 0x7fff, -0x8000, 1_234, -4_321).map((sample) => sample / 0x8000);
    const pcm = await decodeClip(makeWav(samples));
    assert.deepEqual([...new Int16Array(pcm.buffer)], [0, 1, -1, 0x7fff, -0x8000, 1_234, -4_321]);
  });

  it('becomes the mean of its channels', async () => {
    const [left, right] = [tones(24_000, 0.5, [440, 0.8]), tones(24_000, 0.5, [2_500, 0.2])];
    await assertSounds(makeWav([left, right]));
    await assertSounds(makeWav([left, right, new Float64Array(12_000), new Float64Array(12_000)]), 0.5, 0.5);
    await assertSounds(wavOf({ channels: 6, isExtensible: true }));
  });

  it('is clipped if it is too loud', async () => {
    const pcm = await decodeClip(makeWav(tones(24_000, 0.1, [100, 4]), { coding: 'f32' }));
    const samples = new Int16Array(pcm.buffer);
    assert.deepEqual([Math.min(...samples), Math.max(...samples)], [-0x8000, 0x7fff]);
    assert.ok(samples.slice(20, 100).every((sample) => sample === 0x7fff));
  });

  it('may have the extended format', async () => {
    for (const coding of ['s16', 's24', 'f32', 'mulaw'] satisfies Coding[]) {
      await assertSounds(wavOf({ coding, channels: 2, isExtensible: true }));
    }
  });

  it('may have other chunks, even of odd lengths', () =>
    assertSounds(wavOf({ before: [chunk('LIST', Buffer.from('INFOdata')), chunk('odd ', Buffer.from('12345'))] })));

  it('may have a wrong or missing length in its header', async () => {
    for (const toldLength of [0, 0xffffffff, 0xfffffffe, 1_000_000]) await assertSounds(wavOf({ toldLength }));
  });

  it('ends at the length in its header', async () => {
    const wav = wavOf();
    await assertSounds(new Uint8Array(Buffer.concat([wav, chunk('LIST', Buffer.alloc(48_000, 0x7f))])));
  });

  it('may be an RF64 with its long length', async () => {
    const plain = wavOf({ toldLength: 0xffffffff }).subarray(12);
    const length = Buffer.alloc(28);
    length.writeBigUInt64LE(24_000n, 8);
    const trailer = chunk('LIST', Buffer.alloc(48_000, 0x7f));
    await assertSounds(riff([chunk('ds64', length), plain, trailer], 'RF64'));
  });

  it('is decoded as far as the file goes', async () => {
    const wav = wavOf({ channels: 2, coding: 's24' }, 1);
    // In the middle of a sample.
    await assertSounds(wav.subarray(0, 44 + 72_000 + 1));
  });

  it('has silence in place of samples that are not numbers', async () => {
    const samples = tones(24_000, 0.5, ...PARTS);
    samples.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 0);
    await assertSounds(makeWav(samples, { coding: 'f32' }));
  });

  it('is accepted up to three minutes, by its samples and not by the length in its header', async () => {
    const header = makeWav(new Float64Array(), { coding: 'u8', toldLength: 0 });
    const seconds = (count: number) => Buffer.concat([header, Buffer.alloc(24_000 * count, 0x80)]);
    assert.equal(durationMs((await decodeClip(seconds(180))).byteLength), 180_000);
    await assert.rejects(decodeClip(seconds(182)), { code: 'too_long' });
    await assert.rejects(decodeClip(new Uint8Array(MAX_CLIP_BYTES + 1)), { code: 'too_large' });
    await assertSounds(wavOf({ toldLength: 0x7ffffff0 }));
  });

  it('is reported as damaged without samples or with an invalid format', async () => {
    const wav = wavOf();
    const broken = {
      empty: makeWav(new Float64Array()),
      'half a header': wav.subarray(0, 30),
      'no format': riff([chunk('data', Buffer.alloc(100))]),
      'a short format': riff([chunk('fmt ', Buffer.alloc(8)), chunk('data', Buffer.alloc(100))]),
      'no samples': wav.subarray(0, 36),
      'no channels': makeWav(new Float64Array(10), { channels: 0 }),
      '500 Hz': wavOf({ rateHz: 500 }),
      '1 MHz': wavOf({ rateHz: 1_000_000 }, 0.01),
      'its name alone': wav.subarray(0, 12),
      'a thousand chunks before it': wavOf({ before: Array<Uint8Array>(1_000).fill(chunk('none', Buffer.alloc(0))) }),
    };
    for (const [name, bytes] of Object.entries(broken)) {
      await assert.rejects(decodeClip(bytes), { name: 'AttachmentError', code: 'damaged' }, name);
    }
  });

  it('requires ffmpeg for other codings', () =>
    assert.throws(() => decodeWav(clipFile('mono-8k-adpcm.wav')), { code: 'kind_unsupported', message: /format 17/ }));
});
