import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectFileKind, type FileKind } from '../../src/attachments/detect-file-kind.ts';
import { box, brandOf, film, track } from './iso-boxes.ts';
import { bmp, flag, gif, jpeg, png } from './pictures.ts';

const latin1 = (chars: string) => Buffer.from(chars, 'latin1');
const small = flag(4, 4);

/** The first bytes of each format by its specification; the rest of the file is not examined. */
const BEGINNINGS: readonly (readonly [name: string, kind: FileKind, bytes: Buffer])[] = [
  ['PNG', 'png', png(small)],
  ['GIF 89a', 'gif', gif(small, small)],
  ['GIF 87a', 'gif', latin1('GIF87a\x01\0\x01\0')],
  ['BMP', 'bmp', bmp(small, { bits: 24 })],
  ['WebP', 'webp', latin1('RIFF\x24\0\0\0WEBPVP8 ')],
  ['HEIC', 'heic', latin1('\0\0\0\x18ftypheic\0\0\0\0')],
  ['HEIF', 'heic', latin1('\0\0\0\x18ftypmif1\0\0\0\0')],
  ['AVIF', 'heic', latin1('\0\0\0\x18ftypavif\0\0\0\0')],
  ['TIFF, Intel', 'tiff', latin1('II*\0\x08\0\0\0')],
  ['TIFF, Motorola', 'tiff', latin1('MM\0*\0\0\0\x08')],
  ['SVG', 'svg', latin1('\n<svg xmlns="http://www.w3.org/2000/svg"></svg>')],
  ['SVG as XML', 'svg', latin1('<?xml version="1.0"?>\n<!-- made --><svg/>')],
  ['PDF', 'pdf', latin1('%PDF-1.7\n%\xe2\xe3')],
  ['Word', 'office', latin1(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`)],
  ['OpenDocument', 'office', latin1(`PK\x03\x04${'\0'.repeat(26)}mimetypeapplication/vnd.oasis.opendocument.text`)],
  ['Word of 1997', 'office', latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0')],
  ['ZIP', 'zip', latin1(`PK\x03\x04${'\0'.repeat(26)}a.txt`)],
  ['an empty ZIP', 'zip', latin1(`PK\x05\x06${'\0'.repeat(18)}`)],
  ['WAV', 'audio', latin1('RIFF\x24\0\0\0WAVEfmt ')],
  ['AIFF', 'audio', latin1('FORM\0\0\0\x24AIFFCOMM')],
  ['MP3 with tags', 'audio', latin1('ID3\x04\0\0\0\0\0\0')],
  ['Ogg', 'audio', latin1('OggS\0\x02\0\0')],
  ['FLAC', 'audio', latin1('fLaC\0\0\0\x22')],
  ['AMR', 'audio', latin1('#!AMR\n\x3c')],
  ['M4A', 'audio', latin1('\0\0\0\x1cftypM4A \0\0')],
  ['WebM', 'audio', latin1('\x1a\x45\xdf\xa3\x9f\x42\x86')],
  ['MP4 with a film', 'video', film('isom', ['vide'])],
  ['MP4 with a film and its sound', 'video', film('mp42', ['soun', 'vide'])],
  ['MP4 with a film of any length', 'video', film('mp42', ['soun', 'vide'], { isLong: true })],
  ['QuickTime with a film', 'video', film('qt  ', ['vide', 'soun'])],
  ['MP4 with its tracks up to its end', 'video', Buffer.concat([brandOf('isom'), toTheEnd('moov', track('vide'))])],
  ['MP4 with sound', 'audio', film('isom', ['soun'])],
  ['MP4 with sound of any length', 'audio', film('isom', ['soun'], { isLong: true })],
  ['the beginning of an MP4', 'audio', latin1('\0\0\0\x20ftypisom\0\0')],
  ['MP4 whose boxes have no length', 'audio', Buffer.concat([brandOf('isom'), Buffer.from('\0\0\0\x07moov')])],
  ['M4B with pictures for its chapters', 'audio', film('M4B ', ['soun', 'vide'])],
  ['a film by its words alone', 'audio', Buffer.concat([brandOf('mp42'), box('mdat', track('vide'))])],
  ['CAF', 'audio', latin1('caff\0\x01\0\0desc')],
  ['RF64', 'audio', latin1('RF64\xff\xff\xff\xffWAVEds64')],
  ['raw of a camera', 'heic', brandOf('crx ')],
  ['AVI', 'video', latin1('RIFF\x24\0\0\0AVI LIST')],
  ['HTML', 'html', latin1('\r\n<!DOCTYPE html><html></html>')],
  ['HTML without a type', 'html', latin1('<HTML lang="en">')],
  ['XHTML', 'html', latin1('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">')],
  ['text', 'text', latin1('hello\r\n')],
  ['text in UTF-8', 'text', Buffer.from('\ufeffGrüße, 世界 🙂')],
  ['text in UTF-16', 'text', Buffer.from('\ufeffGrüße', 'utf16le')],
  ['text in Latin-1', 'text', latin1('Gr\xfc\xdfe aus M\xfcnchen, sch\xf6nen Tag noch')],
  ['text that begins with BM', 'text', latin1('BMW and others')],
  ['CSV', 'text', latin1('a;b\n1;2\n')],
  ['JSON', 'text', latin1('{"a":1}')],
  ['nothing', 'text', Buffer.alloc(0)],
  ['zeros', 'unknown', Buffer.alloc(100)],
  ['a program', 'unknown', latin1('\x7fELF\x02\x01\x01\0')],
];

describe('the kind of a file', () => {
  for (const [name, kind, bytes] of BEGINNINGS) {
    it(`is ${kind}: ${name}`, () => assert.equal(detectFileKind(bytes), kind));

    it(`is detected in a view of a larger buffer and in every prefix of it: ${name}`, () => {
      const within = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(7)]);
      assert.equal(detectFileKind(within.subarray(7, 7 + bytes.length)), kind);
      for (let length = 0; length < Math.min(40, bytes.length); length++) detectFileKind(bytes.subarray(0, length));
    });
  }

  it('is searched for in at most 2,000 boxes', () => {
    const boxes = Buffer.concat(Array<Buffer>(2_100).fill(box('free', Buffer.alloc(0))));
    assert.equal(detectFileKind(Buffer.concat([brandOf('isom'), boxes, track('vide')])), 'audio');
  });

  it('is jpeg for a complete JPEG file', async () => assert.equal(detectFileKind(await jpeg(small)), 'jpeg'));

  it('is text if a long one is cut within a character', () => {
    assert.equal(detectFileKind(Buffer.from('ü'.repeat(100_000))), 'text');
    assert.equal(detectFileKind(Buffer.from(`x${'ü'.repeat(100_000)}`)), 'text');
  });
});

/** A box whose length only says that it is the last. */
function toTheEnd(type: string, content: Buffer): Buffer {
  const bytes = box(type, content);
  bytes.writeUInt32BE(0);
  return bytes;
}
