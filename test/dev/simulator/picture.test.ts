import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Jimp, JimpMime } from 'jimp';
import { seePicture } from '../../../dev/simulator/picture.ts';

type Mime = 'image/png' | 'image/jpeg';

function uri(bytes: Uint8Array, mime: Mime = 'image/jpeg'): string {
  return `data:${mime};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** A segment of a JPEG: marker, length, content. */
function segment(marker: number, content: Uint8Array): Buffer {
  const length = content.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 0xff]), content]);
}

const START = Buffer.from([0xff, 0xd8]);
const frame = (marker: number) => segment(marker, Buffer.from([8, 0x01, 0xe0, 0x02, 0x80, 3, 0, 0, 0]));
const SIZE = { widthPx: 640, heightPx: 480 };

describe('seePicture', () => {
  it('reads the size of real pictures', async () => {
    const image = new Jimp({ width: 321, height: 123, color: 0x3366ccff });
    for (const [mime, format] of [
      [JimpMime.png, 'PNG'],
      [JimpMime.jpeg, 'JPEG'],
    ] as const) {
      const size = { widthPx: 321, heightPx: 123 };
      assert.deepEqual(seePicture(uri(await image.getBuffer(mime), mime)), { format, size });
    }
  });

  for (const [what, marker] of [
    ['baseline', 0xc0],
    ['extended', 0xc1],
    ['progressive', 0xc2],
  ] as const) {
    it(`reads a ${what} JPEG`, () => {
      assert.deepEqual(seePicture(uri(Buffer.concat([START, frame(marker)]))), { format: 'JPEG', size: SIZE });
    });
  }

  it('looks behind notes that hold a picture of their own, tables and fill bytes', () => {
    const notes = segment(0xe1, Buffer.concat([START, segment(0xc0, Buffer.from([8, 0, 16, 0, 16, 3]))]));
    const table = segment(0xc4, Buffer.from([8, 0, 9, 0, 9, 3, 0, 0]));
    const bytes = Buffer.concat([START, notes, table, Buffer.from([0xff, 0xff]), frame(0xc0)]);
    assert.deepEqual(seePicture(uri(bytes)).size, SIZE);
  });

  it('believes the bytes, not what they are called', () => {
    assert.equal(seePicture(uri(Buffer.concat([START, frame(0xc0)]), 'image/png')).format, 'JPEG');
  });

  const unreadable: readonly [string, Uint8Array][] = [
    ['no picture', Buffer.from('hello')],
    ['only the start', START],
    ['no frame', Buffer.concat([START, segment(0xe0, new Uint8Array(20))])],
    ['a frame that is cut off', Buffer.concat([START, frame(0xc0)]).subarray(0, 9)],
    ['segments without length', Buffer.concat([START, Buffer.alloc(3_000, Buffer.from([0xff, 0xe0, 0, 0]))])],
    ['a width of nothing', Buffer.concat([START, segment(0xc0, new Uint8Array(9))])],
  ];
  for (const [what, bytes] of unreadable) {
    it(`does not know the size: ${what}`, () => {
      assert.deepEqual(seePicture(uri(bytes)), { format: 'JPEG', size: undefined });
    });
  }

  it('does not know the size of a PNG that is cut off', () => {
    const bytes = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0', 'latin1');
    assert.deepEqual(seePicture(uri(bytes, 'image/png')), { format: 'PNG', size: undefined });
    assert.deepEqual(seePicture(uri(Buffer.from('hi'), 'image/png')), { format: 'PNG', size: undefined });
  });
});
