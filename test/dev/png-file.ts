import { crc32, deflateSync } from 'node:zlib';

/** Of the header of a PNG, what may be set otherwise. */
export interface PngHeader {
  readonly depth?: number;
  readonly colourType?: number;
  readonly interlace?: number;
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  crc.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, crc]);
}

/** A PNG of rows that are filtered already, each with its filter before it. */
export function pngFile(width: number, height: number, rows: Buffer, header: PngHeader = {}): Buffer {
  const { depth = 8, colourType = 6, interlace = 0 } = header;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([depth, colourType, 0, 0, interlace], 8);
  const data = deflateSync(rows);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('tEXt', Buffer.from('Comment\0none')),
    // In two parts, as large ones are.
    chunk('IDAT', data.subarray(0, 5)),
    chunk('IDAT', data.subarray(5)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A square of RGBA, each pixel by its place. */
export function pngSquare(side: number, pixelAt: (x: number, y: number) => number): Buffer {
  const rows = Buffer.alloc(side * (side * 4 + 1));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) rows.writeUInt32BE(pixelAt(x, y), y * (side * 4 + 1) + 1 + x * 4);
  }
  return pngFile(side, side, rows);
}
