import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Jimp, JimpMime } from 'jimp';
import { describePicture } from '../../../dev/simulator/picture.ts';

type Mime = 'image/png' | 'image/jpeg';

function uri(bytes: Uint8Array, mime: Mime = 'image/jpeg'): string {
  return `data:${mime};base64,${Buffer.from(bytes).toString('base64')}`;
}

const START = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

describe('describePicture', () => {
  it('reads the size of real pictures', async () => {
    const image = new Jimp({ width: 321, height: 123, color: 0x3366ccff });
    for (const [mime, format] of [
      [JimpMime.png, 'PNG'],
      [JimpMime.jpeg, 'JPEG'],
    ] as const) {
      const size = { widthPx: 321, heightPx: 123 };
      assert.deepEqual(describePicture(uri(await image.getBuffer(mime), mime)), { format, size });
    }
  });

  it('reads the bytes, not the media type', () => {
    assert.equal(describePicture(uri(START, 'image/png')).format, 'JPEG');
  });

  it('returns no size for a damaged picture', () => {
    for (const bytes of [
      Buffer.from('hello'),
      START,
      START.subarray(0, 2),
      Buffer.concat([START, new Uint8Array(20)]),
    ]) {
      assert.deepEqual(describePicture(uri(bytes)), { format: 'JPEG', size: undefined });
    }
    const bytes = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0', 'latin1');
    assert.deepEqual(describePicture(uri(bytes, 'image/png')), { format: 'PNG', size: undefined });
    assert.deepEqual(describePicture(uri(Buffer.from('hi'), 'image/png')), { format: 'PNG', size: undefined });
  });
});
