import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPng } from '../../dev/teams-app/png.ts';
import { type PngHeader, pngFile } from './png-file.ts';

const [WIDTH, HEIGHT] = [7, 6];

/** Every value there is, and no two neighbours alike. */
function somePixels(channels: number): Buffer {
  return Buffer.from(Array.from({ length: WIDTH * HEIGHT * channels }, (_, at) => (at * 89 + (at >> 3) * 57) % 256));
}

/** As the standard has it, row by row: the bytes of a row less what its filter predicts. */
function filtered(pixels: Buffer, channels: number, filterOf: (row: number) => number): Buffer {
  const rowBytes = WIDTH * channels;
  const at = (row: number, byte: number) => (row < 0 || byte < 0 ? 0 : (pixels[row * rowBytes + byte] ?? 0));
  const rows: number[] = [];
  for (let row = 0; row < HEIGHT; row++) {
    rows.push(filterOf(row));
    for (let byte = 0; byte < rowBytes; byte++) {
      const [a, b, c] = [
        at(row, byte - channels),
        at(row - 1, byte),
        byte < channels ? 0 : at(row - 1, byte - channels),
      ];
      const p = a + b - c;
      const nearest = [a, b, c].reduce((best, each) => (Math.abs(p - each) < Math.abs(p - best) ? each : best));
      const predicted = [0, a, b, Math.floor((a + b) / 2), nearest][filterOf(row)] ?? 0;
      rows.push((at(row, byte) - predicted) & 0xff);
    }
  }
  return Buffer.from(rows);
}

describe('a PNG', () => {
  for (const [channels, colourType] of [
    [3, 2],
    [4, 6],
  ] as const) {
    for (const filter of [0, 1, 2, 3, 4]) {
      it(`is read with ${channels} channels and filter ${filter}`, () => {
        const pixels = somePixels(channels);
        const rows = filtered(pixels, channels, () => filter);
        const picture = readPng(pngFile(WIDTH, HEIGHT, rows, { colourType }));
        assert.deepEqual(picture, { width: WIDTH, height: HEIGHT, channels, pixels });
      });
    }
  }

  it('is read with another filter in each row', () => {
    const pixels = somePixels(4);
    assert.deepEqual(
      readPng(
        pngFile(
          WIDTH,
          HEIGHT,
          filtered(pixels, 4, (row) => row % 5),
        ),
      ).pixels,
      pixels,
    );
  });

  const rows = filtered(somePixels(4), 4, () => 0);
  const good = pngFile(WIDTH, HEIGHT, rows);

  for (const [name, header] of Object.entries<PngHeader>({
    '16 bits': { depth: 16 },
    'a palette': { colourType: 3 },
    grey: { colourType: 0 },
    interlace: { interlace: 1 },
  })) {
    it(`is not read with ${name}`, () => {
      assert.throws(() => readPng(pngFile(WIDTH, HEIGHT, rows, header)), /^Error: is a PNG of another kind/);
    });
  }

  for (const [name, file, message] of [
    ['nothing', Buffer.alloc(0), 'is no PNG'],
    ['a JPEG', Buffer.from('ffd8ffe000104a46494600', 'hex'), 'is no PNG'],
    ['a signature alone', good.subarray(0, 8), 'is a PNG without a header'],
    ['a file that ends early', good.subarray(0, -40), 'is a broken PNG'],
    ['too few rows', pngFile(WIDTH, HEIGHT + 1, rows), 'is a broken PNG'],
    ['too many rows', pngFile(WIDTH, HEIGHT - 1, rows), 'is a broken PNG'],
    ['an unknown filter', pngFile(WIDTH, HEIGHT, Buffer.alloc(rows.length, 9)), 'is a broken PNG'],
    ['a huge picture', pngFile(1_000_000, 1, rows), 'has more than 4096 pixels on a side'],
  ] as const) {
    it(`is refused as ${name}`, () => assert.throws(() => readPng(file), { message }));
  }
});
