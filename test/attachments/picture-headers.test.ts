import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jpegHeader } from '../../src/attachments/jpeg-header.ts';
import { pictureHeader } from '../../src/attachments/picture-header.ts';
import { segment } from './pictures.ts';

describe('a picture that is only headers', () => {
  const MAX_BYTES = 15 * 1024 * 1024;
  const wall = (beginning: string, brick: string) =>
    Buffer.concat([Buffer.from(beginning, 'latin1'), Buffer.alloc(MAX_BYTES - 16, brick, 'latin1')]);

  for (const [name, kind, bytes, message] of [
    ['segments', 'jpeg', wall('\xff\xd8', '\xff\xe2\0\x02'), /2000 markers/],
    ['fill bytes', 'jpeg', wall('\xff\xd8', '\xff'), /2000 markers/],
    ['blocks', 'gif', wall('GIF89a\x01\0\x01\0\0\0\0!\xff', '\x01'), /too many blocks/],
    ['extensions', 'gif', wall('GIF89a\x01\0\x01\0\0\0\0', '!\xff\0'), /too many blocks/],
  ] as const) {
    it(`is rejected before its end: ${name} of a ${kind}`, () => {
      assert.throws(() => pictureHeader(kind, bytes), { code: 'damaged', message });
    });
  }

  for (const [place, orientation] of [
    [100, 6],
    [600, 1],
  ] as const) {
    it(`is searched for its orientation within bounds: entry ${place} of EXIF`, () => {
      const entries = Buffer.alloc(12 * 700);
      entries.set([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6], 12 * place);
      const app1 = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0MM\0*\0\0\0\x08\x02\xbc', 'latin1'), entries]));
      const frame = segment(0xc0, Buffer.from([8, 0, 1, 0, 1, 1, 1, 0x11, 0]));
      const bytes = Buffer.concat([Buffer.from([0xff, 0xd8]), app1, frame, Buffer.from([0xff, 0xda])]);
      assert.equal(jpegHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)).orientation, orientation);
    });
  }
});
