import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { imageSize } from 'image-size';
import { createPictureReader } from '../../src/attachments/picture.ts';
import { AttachmentError, type AttachmentErrorCode } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { readCorruptedPictures } from './corrupted-pictures.ts';
import {
  BLUE,
  bmp,
  type Color,
  chunk,
  encodedGif,
  exif,
  flag,
  GREEN,
  gif,
  gifWithFrame,
  interlacedPng,
  jpeg,
  look,
  noise,
  paint,
  png,
  RED,
  segment,
  WHITE,
  withSegments,
} from './pictures.ts';

const signal = new AbortController().signal;
// A clock that stands still, because a busy machine may need more time for the largest picture than a user would wait.
const reader = createPictureReader({ clock: new ManualClock(), log: createLogger('silent') });
after(() => reader.close());

const read = (bytes: Uint8Array) => reader.read(bytes, signal);
const refused = (code: AttachmentErrorCode) => (error: unknown) =>
  error instanceof AttachmentError && error.code === code;
const bytesOf = (dataUri: string) => Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
const sizeOf = (dataUri: string) => {
  const { width, height } = imageSize(bytesOf(dataUri));
  return [width, height];
};

function assertColor(found: Color, wanted: Color, where = ''): void {
  for (const [i, value] of wanted.entries()) {
    assert.ok(Math.abs((found[i] ?? 0) - value) <= 24, `${where}: ${found} is not ${wanted}`);
  }
}

/** The corners of a picture that was painted as a flag: top left, top right and bottom left. */
async function assertFlag(picture: string, [left, right, below]: readonly Color[] = [RED, GREEN, BLUE]) {
  const at = await look(picture);
  assertColor(at(0.2, 0.2), left ?? RED, 'above left');
  assertColor(at(0.8, 0.2), right ?? GREEN, 'above right');
  assertColor(at(0.2, 0.8), below ?? BLUE, 'below left');
}

const painted = flag(30, 20);

describe('a picture', () => {
  it('becomes a JPEG if it was one', async () => {
    const picture = await read(await jpeg(flag(64, 32)));
    assert.match(picture, /^data:image\/jpeg;base64,/);
    assert.deepEqual(sizeOf(picture), [64, 32]);
    await assertFlag(picture);
  });

  for (const [name, bytes] of [
    ['PNG', png(painted)],
    ['PNG with data after its end', Buffer.concat([png(painted), Buffer.from('more')])],
    ['PNG that is interlaced', interlacedPng(painted)],
    ['GIF', gif(painted, painted)],
    ['BMP of 24 bits', bmp(painted, { bits: 24 })],
    ['BMP of 32 bits', bmp(painted, { bits: 32 })],
    ['BMP of 32 bits with masks', bmp(painted, { bits: 32, masks: true })],
    ['BMP of 8 bits', bmp(painted, { bits: 8 })],
    ['BMP from above', bmp(painted, { bits: 24, isTopDown: true })],
    ['BMP with a gap', bmp(painted, { bits: 8, gapBytes: 10 })],
    ['BMP with a long header', bmp(painted, { bits: 24, headerBytes: 124 })],
    [
      'BMP with a long header, masks and a gap',
      bmp(painted, { bits: 32, headerBytes: 124, masks: true, gapBytes: 12 }),
    ],
  ] as const) {
    it(`becomes a PNG with identical pixels from a ${name}`, async () => {
      const picture = await read(bytes);
      assert.match(picture, /^data:image\/png;base64,/);
      const at = await look(picture);
      for (let y = 0; y < 20; y++) {
        for (let x = 0; x < 30; x++) {
          const wanted = y >= 10 ? BLUE : x < 15 ? RED : GREEN;
          assert.deepEqual(at((x + 0.5) / 30, (y + 0.5) / 20), wanted, `${x}, ${y}`);
        }
      }
    });
  }

  it('is decoded from a GIF with codes of all sizes', async () => {
    const bytes = await encodedGif(noise(100, 80, 1));
    assert.deepEqual(await read(bytes).then(sizeOf), [100, 80]);
  });

  it('leaves the given bytes unchanged', async () => {
    const bytes = png(painted);
    await read(bytes);
    assert.deepEqual(bytes, png(painted));
  });

  it('has white in place of transparent pixels', async () => {
    const picture = await read(png(paint(20, 20, (x) => (x < 10 ? [0, 0, 0, 0] : [0, 0, 0, 128]))));
    const at = await look(picture);
    assert.deepEqual(at(0.2, 0.5), WHITE);
    assert.deepEqual(at(0.8, 0.5), [127, 127, 127, 255]);
  });

  it('has white around a GIF frame that does not cover the screen', async () => {
    const frame = paint(10, 10, () => BLUE);
    const at = await look(await read(gif({ width: 20, height: 10 }, { ...frame, left: 10 })));
    assert.deepEqual(at(0.2, 0.5), WHITE);
    assert.deepEqual(at(0.8, 0.5), BLUE);
  });

  for (const [width, height, wantedWidth, wantedHeight] of [
    [3_072, 100, 1_536, 50],
    [100, 3_072, 50, 1_536],
    [1_536, 100, 1_536, 100],
    [20_000, 2, 1_536, 1],
  ] as const) {
    it(`is scaled from ${width} x ${height} to ${wantedWidth} x ${wantedHeight}`, async () => {
      const picture = await read(png(flag(width, height)));
      assert.deepEqual(sizeOf(picture), [wantedWidth, wantedHeight]);
      if (wantedHeight > 1) await assertFlag(picture);
    });
  }

  it('is scaled from a JPEG of many blocks', async () => {
    const picture = await read(await jpeg(flag(1_920, 160)));
    assert.deepEqual(sizeOf(picture), [1_536, 128]);
    await assertFlag(picture);
  });

  it('fits the bound of a data URI as a JPEG, even if it is only noise', async () => {
    const picture = await read(png(noise(1_536, 1_536, 1)));
    assert.match(picture, /^data:image\/jpeg;base64,/);
    assert.ok(picture.length <= 1_500_000, `${picture.length}`);
    assert.deepEqual(sizeOf(picture), [1_536, 1_536]);
  });
});

describe('the orientation of a camera', () => {
  const held = jpeg(flag(64, 32));

  // The corners at the top left, top right and bottom left after the rotation by EXIF.
  for (const [orientation, isTurned, wanted] of [
    [1, false, [RED, GREEN, BLUE]],
    [2, false, [GREEN, RED, BLUE]],
    [3, false, [BLUE, BLUE, GREEN]],
    [4, false, [BLUE, BLUE, RED]],
    [5, true, [RED, BLUE, GREEN]],
    [6, true, [BLUE, RED, BLUE]],
    [7, true, [BLUE, GREEN, BLUE]],
    [8, true, [GREEN, BLUE, RED]],
  ] as const) {
    for (const isLittle of [true, false]) {
      it(`is applied: ${orientation}, ${isLittle ? 'Intel' : 'Motorola'}`, async () => {
        const picture = await read(withSegments(await held, [exif(orientation, { isLittle })]));
        assert.deepEqual(sizeOf(picture), isTurned ? [32, 64] : [64, 32]);
        await assertFlag(picture, wanted);
      });
    }
  }

  it('is ignored if the EXIF data is invalid', async () => {
    const broken = Buffer.from(exif(6));
    broken.fill(0xff, 14);
    for (const segments of [[exif(0)], [exif(9)], [broken], [segment(0xe1, Buffer.from('Exif\0\0'))]]) {
      const picture = await read(withSegments(await held, segments));
      assert.deepEqual(sizeOf(picture), [64, 32]);
    }
  });
});

describe('the location in a picture', () => {
  const secret = Buffer.from('GPS 48.137154N 11.576124E');

  it('is removed from a JPEG: no EXIF, no comment, nothing after the end', async () => {
    const bytes = await jpeg(flag(64, 32), [exif(1), segment(0xfe, secret), segment(0xed, secret)]);
    const sent = bytesOf(await read(Buffer.concat([bytes, secret])));
    assert.ok(bytes.includes('GPS'));
    assert.ok(!sent.includes('GPS') && !sent.includes('Exif') && !sent.includes('48.137'));
  });

  it('is removed from a PNG', async () => {
    const extra = [chunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), secret])), chunk('eXIf', secret)];
    const sent = bytesOf(await read(png(flag(64, 32), { extra })));
    assert.ok(!sent.includes('GPS') && !sent.includes('tEXt') && !sent.includes('eXIf'));
  });
});

describe('an unreadable picture', () => {
  for (const [name, code, bytes] of [
    ['a WebP', 'kind_unsupported', Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1')],
    ['nothing known', 'kind_unsupported', Buffer.from([1, 2, 3])],
    ['a JPEG without loss', 'damaged', Buffer.from('ffd8ffc3000b080010001001011100', 'hex')],
    ['a PNG that claims 100,000 x 100,000', 'too_large', png(painted, { claimed: { width: 1e5, height: 1e5 } })],
    ['a PNG that claims 2^32 - 1', 'too_large', png(painted, { claimed: { width: 2 ** 32 - 1, height: 2 ** 32 - 1 } })],
    ['a GIF with a large screen', 'too_large', gif({ width: 65_535, height: 65_535 }, painted)],
    ['a GIF with a large frame', 'damaged', gifWithFrame(65_535, 65_535)],
    ['more than 15 MB', 'too_large', Buffer.alloc(15 * 1024 * 1024 + 1)],
    ['a PNG of no width', 'damaged', png(painted, { claimed: { width: 0, height: 5 } })],
    ['a PNG of more lines than it has', 'damaged', png(painted, { claimed: { width: 30, height: 2_000 } })],
    ['the beginning of a PNG', 'damaged', png(painted).subarray(0, 60)],
    ['only the mark of a PNG', 'damaged', png(painted).subarray(0, 8)],
    ['the beginning of a GIF', 'damaged', gif(painted, painted).subarray(0, 100)],
    ['a GIF without a frame', 'damaged', gif(painted, painted).subarray(0, 30)],
    ['the beginning of a BMP', 'damaged', bmp(painted, { bits: 24 }).subarray(0, 400)],
  ] as const) {
    it(`is rejected as ${code}: ${name}`, () => assert.rejects(read(bytes), refused(code)));
  }

  it('is rejected if a JPEG claims too much, has two frames or ends early', async () => {
    const whole = await jpeg(painted);
    const frame = whole.indexOf(Buffer.from([0xff, 0xc0]));
    const claims = Buffer.from(whole);
    claims.writeUInt16BE(65_000, frame + 5);
    claims.writeUInt16BE(65_000, frame + 7);
    await assert.rejects(read(claims), refused('too_large'));

    const twice = Buffer.concat([whole.subarray(0, frame), whole.subarray(frame, frame + 19), whole.subarray(frame)]);
    await assert.rejects(read(twice), refused('damaged'));
    for (const length of [3, 30, frame + 4, whole.length - 200, whole.length - 2]) {
      await assert.rejects(read(whole.subarray(0, length)), refused('damaged'), `${length}`);
    }
  });

  it('is abandoned on abort', async () => {
    const abort = new AbortController();
    const reading = reader.read(png(painted), abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(reading, /enough/);
    assert.equal(sizeOf(await read(png(painted)))[0], 30);
  });

  it('is rejected as busy once the decoder is closed', async () => {
    const closed = createPictureReader({ clock: new ManualClock(), log: createLogger('silent') });
    await Promise.all([closed.close(), closed.close()]);
    await assert.rejects(closed.read(png(painted), signal), refused('busy'));
  });
});

describe('corrupted pictures', () => {
  // 10 of each kind of file, and every result at least once; the long run is `npm run test:fuzz`.
  it('end as a picture or a rejection', async () => {
    const ends = await readCorruptedPictures({ reader, seed: 1, count: 20 });
    assert.deepEqual([...ends.keys()].sort(), ['damaged', 'kind_unsupported', 'read', 'too_large']);
    for (const end of ['read', 'damaged']) assert.ok((ends.get(end) ?? 0) > 5, `${ends.get(end)} ${end}`);
  });

  it('do not affect later pictures', async () => {
    assert.equal(sizeOf(await read(png(flag(30, 20))))[0], 30);
  });
});
