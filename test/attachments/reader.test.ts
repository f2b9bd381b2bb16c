import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { createPictureReader } from '../../src/attachments/picture.ts';
import { type ReadFile, readFile } from '../../src/attachments/reader.ts';
import { createClipDecoder } from '../../src/audio/clip/clip-decoder.ts';
import { durationMs } from '../../src/audio/pcm.ts';
import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { makeWav } from '../audio/clip/make-wav.ts';
import { clipFile, tones } from '../audio/clip/tones.ts';
import { film } from './iso-boxes.ts';

const parts = { clock: systemClock, log: createLogger('silent') };
const clips = createClipDecoder({ ...parts, searchPath: process.env['PATH'] });
const pictures = createPictureReader(parts);
after(() => Promise.all([clips.close(), pictures.close()]));

const withoutFfmpeg =
  spawnSync('ffmpeg', ['-version']).status === 0 ? false : 'there is no ffmpeg on this machine to read it with';

function read(bytes: Uint8Array, name?: string, claimedType = ''): Promise<ReadFile> {
  return readFile({ name, claimedType }, bytes, { clips, pictures }, new AbortController().signal);
}

async function assertHeard(bytes: Uint8Array): Promise<void> {
  const file = await read(bytes);
  assert.ok(file.kind === 'audio' && durationMs(file.pcm.byteLength) >= 190, JSON.stringify(file.kind));
}

describe('an audio file from a user', { timeout: 60_000 }, () => {
  for (const brand of ['M4A ', 'mp42', 'isom', 'iso5', '3gp4', '3gp5', 'qt  ', 'dash', 'mp41']) {
    it(`is decoded as MP4 of the brand ${brand}`, { skip: withoutFfmpeg }, async () => {
      const bytes = Buffer.from(clipFile('stereo-44k1.m4a'));
      bytes.write(brand, 8, 'latin1');
      await assertHeard(bytes);
    });
  }

  it('is decoded as CAF', { skip: withoutFfmpeg }, () => assertHeard(clipFile('mono-8k.caf')));

  it('is decoded as RF64', async () => {
    const wav = Buffer.from(makeWav(tones(8_000, 0.2, [440, 0.5]), { rateHz: 8_000 }));
    wav.write('RF64\xff\xff\xff\xff', 0, 'latin1');
    await assertHeard(wav);
  });

  it('is decoded as MP3 after zeros or a few other bytes', async () => {
    const mp3 = clipFile('mono-44k1-no-info.mp3');
    await assertHeard(Buffer.concat([Buffer.alloc(2_000), mp3]));
    await assertHeard(Buffer.concat([Buffer.from('\x01\x02\x03'.repeat(100)), mp3]));
  });
});

describe('a text file from a user', () => {
  it('is read, whatever content type its sender declares', async () => {
    // Browsers declare TypeScript as an MPEG transport stream.
    for (const type of ['', 'text/plain', 'application/octet-stream', 'application/json', 'video/mp2t'])
      assert.equal((await read(Buffer.from('let a = 1;\n'), 'a.ts', type)).kind, 'text', type);
  });
});

describe('an unsupported file', () => {
  const page = Buffer.from('<!DOCTYPE html><html><title>Shared with you</title></html>');

  it('is an HTML page in place of the file', async () => {
    for (const name of ['voice.m4a', undefined]) await assert.rejects(read(page, name), { code: 'page_instead' });
  });

  it('is an HTML page that the user attached', async () => {
    for (const name of ['index.html', 'OLD.HTM', 'x.xhtml']) {
      await assert.rejects(read(page, name), { code: 'kind_unsupported' });
    }
  });

  it('is a text in place of the declared type, such as the JSON description of an attachment', async () => {
    const json = Buffer.from('{"name":"secret words","views":[{"viewId":"original"}]}');
    for (const type of ['image/*', 'image/png', 'audio/ogg', 'video/mp4', 'image/svg+xml'])
      await assert.rejects(read(json, 'a.png', type), { code: 'kind_unknown' }, type);
  });

  for (const [name, bytes] of [
    ['a WebP', Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1')],
    ['a HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1')],
    ['a TIFF', Buffer.from('II*\0\x08\0\0\0', 'latin1')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ] as const) {
    it(`is ${name}`, () => assert.rejects(read(bytes), { code: 'kind_unsupported' }));
  }

  it('is a video, whatever its brand', async () => {
    for (const brand of ['mp42', 'isom', '3gp5', 'qt  ']) {
      await assert.rejects(read(film(brand, ['soun', 'vide'])), { code: 'kind_unsupported', message: /video/ });
    }
  });
});
