import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { detectAudioFormat } from '../../../src/audio/clip/audio-format.ts';
import { makeWav } from './make-wav.ts';
import { clipFile } from './tones.ts';

const KINDS: Readonly<Record<string, string>> = {
  'mono-8k-adpcm.wav': 'wav',
  'mono-8k.aiff': 'aiff',
  'mono-8k.amr': 'amr',
  'mono-8k.caf': 'caf',
  'mono-8k.flac': 'flac',
  'mono-48k.aac': 'aac',
  'mono-vorbis.ogg': 'ogg',
  'mono.webm': 'webm',
  'stereo-44k1.m4a': 'm4a',
};
const kindOfFile = (name: string) => KINDS[name] ?? name.slice(name.lastIndexOf('.') + 1);

describe('the format of a clip', () => {
  const clips = readdirSync(new URL('../clips/', import.meta.url)).filter((name) => !name.endsWith('.md'));

  for (const name of clips) {
    it(`is detected by its content: ${name}`, () => {
      const bytes = clipFile(name);
      assert.equal(detectAudioFormat(bytes), kindOfFile(name));
      // Inside a larger buffer, and with only its start.
      assert.equal(detectAudioFormat(Buffer.concat([Buffer.from('x'), bytes]).subarray(1)), kindOfFile(name));
      assert.equal(detectAudioFormat(bytes.subarray(0, 4_000)), kindOfFile(name));
    });
  }

  it('is detected after a tag with a picture', () => {
    const cover = clipFile('cover-44k1.mp3');
    const tag = cover.subarray(0, cover.length - (clipFile('mono-44k1.mp3').length - 100));
    assert.equal(detectAudioFormat(Buffer.concat([cover.subarray(0, 10), Buffer.alloc(tag.length)])), 'mp3');
    const short = Buffer.concat([
      Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x05hello', 'latin1'),
      clipFile('mono-48k.aac'),
    ]);
    assert.equal(detectAudioFormat(short), 'aac');
    const flac = Buffer.concat([Buffer.from('ID3\x04\x00\x10\x00\x00\x00\x05hello3DI4567890', 'latin1')]);
    assert.equal(detectAudioFormat(Buffer.concat([flac.subarray(0, 25), clipFile('mono-8k.flac')])), 'flac');
  });

  it('is detected for an MP3 with zeros or a few other bytes before it', () => {
    const mp3 = clipFile('mono-44k1-no-info.mp3');
    assert.equal(detectAudioFormat(Buffer.concat([Buffer.alloc(20_000), mp3])), 'mp3');
    assert.equal(detectAudioFormat(Buffer.concat([Buffer.from('some words '.repeat(100)), mp3])), 'mp3');
    assert.equal(detectAudioFormat(Buffer.concat([Buffer.from('some words '.repeat(1_000)), mp3])), undefined);
  });

  it('is not searched for behind unlimited zeros or tags', () => {
    const tag = Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x00', 'latin1');
    const behindTags = (count: number) => Buffer.concat([...Array<Buffer>(count).fill(tag), clipFile('mono-8k.flac')]);
    assert.equal(detectAudioFormat(behindTags(4)), 'flac');
    assert.equal(detectAudioFormat(behindTags(5)), 'mp3');
    assert.equal(detectAudioFormat(Buffer.concat([Buffer.alloc(70_000), clipFile('mono-44k1.mp3')])), undefined);
  });

  it('is detected for a WAV of any coding', () => {
    assert.equal(detectAudioFormat(makeWav(new Float64Array(10))), 'wav');
    assert.equal(detectAudioFormat(Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1')), 'wav');
    assert.equal(detectAudioFormat(Buffer.from('RIFF0000AVI ')), undefined);
    assert.equal(detectAudioFormat(Buffer.from('RIFF0000WEBPVP8 ')), undefined);
  });

  it('is unknown for anything else', () => {
    const others = [
      '',
      'R',
      'ID3 is a kind of tag',
      'a text\n'.repeat(1_000),
      '\xff\xfb\x90\x64',
      '\xff\xfb\x90\x64'.repeat(2_000),
      '\xff\xfea\x00 \x00t\x00e\x00x\x00t\x00'.repeat(500),
      '\x89PNG\r\n\x1a\n',
      '\xff\xd8\xff\xe0',
      'GIF89a',
      '%PDF-1.7',
      'PK\x03\x04',
      '\x00\x00\x00\x1cftypheic',
      '\x00\x00\x00\x1cftypavif',
      '\x00'.repeat(5_000),
      '\xff'.repeat(5_000),
    ];
    for (const text of others)
      assert.equal(detectAudioFormat(Buffer.from(text, 'latin1')), undefined, text.slice(0, 20));
    assert.equal(detectAudioFormat(readFileSync(new URL(import.meta.url))), undefined);
  });
});
