import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { MAX_CLIP_BYTES } from '../../../src/audio/clip/clip.ts';
import { type ClipDecoder, createClipDecoder } from '../../../src/audio/clip/clip-decoder.ts';
import { durationMs } from '../../../src/audio/pcm.ts';
import { systemClock } from '../../../src/clock.ts';
import { createLogger } from '../../../src/log.ts';
import { makeWav } from './make-wav.ts';
import { amplitudeAt, clipFile, tones } from './tones.ts';

const signal = new AbortController().signal;

describe('the clip decoder', () => {
  const lines: Record<string, unknown>[] = [];
  let decoder: ClipDecoder;
  before(() => {
    const log = createLogger('debug', { write: (line) => lines.push(JSON.parse(line)) });
    decoder = createClipDecoder({ clock: systemClock, log });
  });
  after(() => decoder.close());
  afterEach(() => {
    lines.length = 0;
  });

  for (const name of ['stereo-44k1-vbr.mp3', 'stereo.opus']) {
    it(`decodes ${name} in its thread`, async () => {
      const bytes = clipFile(name);
      const pcm = await decoder.decode(bytes, signal);
      const ms = durationMs(pcm.byteLength);
      assert.ok(Math.abs(ms - 1_500) <= 20, `${ms} ms`);
      assert.ok(Math.abs(amplitudeAt(3_000, pcm) - 0.125) < 0.01);
      assert.deepEqual(bytes, clipFile(name));
    });
  }

  it("leaves the caller's bytes usable, even those of a Buffer", async () => {
    const wav = Buffer.from(makeWav(tones(24_000, 0.05, [440, 0.5])));
    const before = Buffer.from(wav);
    assert.equal(durationMs((await decoder.decode(wav, signal)).byteLength), 50);
    assert.deepEqual(wav, before);
  });

  it('decodes around damage, and prints nothing', async () => {
    for (const name of ['mono-44k1.mp3', 'mono.opus']) {
      const bytes = clipFile(name);
      bytes.fill(0x55, 0.5 * bytes.length, 0.5 * bytes.length + 300);
      const ms = durationMs((await decoder.decode(bytes, signal)).byteLength);
      assert.ok(ms > 700, `${name}: ${ms} ms`);
    }
    assert.ok(lines.length > 0);
    for (const { level, msg } of lines) assert.deepEqual([level, msg], ['debug', 'library output suppressed']);
  });

  it('rejects with the code of each problem', async () => {
    const long = makeWav(new Float64Array(8_000 * 182), { rateHz: 8_000, coding: 'u8' });
    const troubles = {
      too_large: new Uint8Array(MAX_CLIP_BYTES + 1),
      too_long: long,
      kind_unknown: Buffer.from('a text'),
      damaged: clipFile('mono.opus').subarray(0, 47),
      kind_unsupported: clipFile('stereo-44k1.m4a'),
    };
    for (const [code, bytes] of Object.entries(troubles)) {
      await assert.rejects(decoder.decode(bytes, signal), { name: 'AttachmentError', code }, code);
    }
    await assert.rejects(decoder.decode(clipFile('mono-8k-adpcm.wav'), signal), {
      code: 'kind_unsupported',
      message: /WAV, MP3/,
    });
  });

  it('rejects an MP3 and an Opus file that are long though small', async () => {
    const frames = clipFile('mono-8k.mp3').subarray(432);
    const mp3 = Buffer.concat(Array<Uint8Array>(130).fill(frames));
    await assert.rejects(decoder.decode(mp3, signal), { code: 'too_long' });
    await assert.rejects(decoder.decode(longOpus(SILENCE), signal), { code: 'too_long' });
    await assert.rejects(decoder.decode(longOpus(NO_PACKET), signal), { code: 'damaged' });
  });

  it('stops on abort, and continues with the next clip', async () => {
    const abort = new AbortController();
    const wav = makeWav(new Float64Array(96_000 * 20), { rateHz: 96_000 });
    const decoding = decoder.decode(wav, abort.signal);
    const next = decoder.decode(clipFile('mono.opus'), signal);
    abort.abort();
    await assert.rejects(decoding, { name: 'AbortError' });
    assert.equal(durationMs((await next).byteLength), 1_500);
  });

  it('is busy when too many wait and after close, which may be called twice', async () => {
    const other = createClipDecoder({ clock: systemClock, log: createLogger('silent') });
    const wav = makeWav(tones(24_000, 0.05, [440, 0.5]));
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => other.decode(wav, signal)));
    const refused = all.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 3);
    const running = assert.rejects(other.decode(wav, signal), { code: 'busy' });
    await Promise.all([other.close(), other.close()]);
    await running;
    await assert.rejects(other.decode(wav, signal), { code: 'busy' });
  });
});

/** SILK, 60 ms, one frame of no bytes; a packet without its number of frames (RFC 6716, 3.1). */
const SILENCE = 0x18;
const NO_PACKET = 0xff;

/** Packets of one byte, 250 in a page, 40 pages: ten minutes in 20 kB. */
function longOpus(packet: number): Uint8Array {
  const packets = 250;
  const start = clipFile('mono.opus');
  const headers = start.subarray(0, secondPageEnd(start));
  const pages = Array.from({ length: 40 }, (_, index) => {
    const page = Buffer.alloc(27 + 2 * packets);
    page.write('OggS');
    start.subarray(14, 18).forEach((byte, at) => {
      page[14 + at] = byte;
    });
    page.writeUInt32LE(index + 2, 18);
    page[26] = packets;
    page.fill(1, 27, 27 + packets);
    page.fill(packet, 27 + packets);
    return page;
  });
  return Buffer.concat([headers, ...pages]);
}

/** Where the two pages of headers end. */
function secondPageEnd(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes);
  return buffer.indexOf('OggS', buffer.indexOf('OggS', 4) + 4);
}
