import { inflateSync } from 'node:zlib';

/** An image as its pixels: red, green, blue and, with 4 channels, how far it covers what is behind it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly pixels: Buffer;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Enough for what is drawn here; a small file may say that it is huge. */
const MAX_SIDE = 4_096;

/**
 * Reads a PNG with 8 bits a channel, in RGB or RGBA, not interlaced. Throws an Error whose message ends the sentence
 * "the file …" for any other. https://www.w3.org/TR/png-3/
 */
export function readPng(file: Buffer): Picture {
  if (!file.subarray(0, 8).equals(SIGNATURE)) throw new Error('is no PNG');
  const { header, data } = readChunks(file);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colourType, interlace] = [header[8], header[9], header[12]];
  const channels = colourType === 2 ? 3 : colourType === 6 ? 4 : undefined;
  if (depth !== 8 || channels === undefined || interlace !== 0)
    throw new Error('is a PNG of another kind than 8-bit RGB or RGBA without interlace');
  if (width > MAX_SIDE || height > MAX_SIDE) throw new Error(`has more than ${MAX_SIDE} pixels on a side`);
  const rowBytes = width * channels;
  return { width, height, channels, pixels: unfiltered(inflated(data, (rowBytes + 1) * height), rowBytes, channels) };
}

function readChunks(file: Buffer): { header: Buffer; data: Buffer } {
  let header: Buffer | undefined;
  const data: Buffer[] = [];
  for (let at = 8; at + 8 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR' && body.length === 13) header = body;
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  if (header === undefined) throw new Error('is a PNG without a header');
  return { header, data: Buffer.concat(data) };
}

function inflated(data: Buffer, expectedBytes: number): Buffer {
  try {
    const bytes = inflateSync(data, { maxOutputLength: expectedBytes });
    if (bytes.length === expectedBytes) return bytes;
  } catch {
    // Said below: whatever is wrong with it, it has to be made anew.
  }
  throw new Error('is a broken PNG');
}

/** Each row begins with the filter by which it was written, and builds on the row above. */
function unfiltered(data: Buffer, rowBytes: number, channels: number): Buffer {
  const pixels = Buffer.alloc(data.length - data.length / (rowBytes + 1));
  for (let row = 0; row * rowBytes < pixels.length; row++) {
    const filter = data[row * (rowBytes + 1)] ?? 0;
    for (let at = 0; at < rowBytes; at++) {
      const to = row * rowBytes + at;
      const left = at < channels ? 0 : (pixels[to - channels] ?? 0);
      const up = row === 0 ? 0 : (pixels[to - rowBytes] ?? 0);
      const upLeft = at < channels || row === 0 ? 0 : (pixels[to - rowBytes - channels] ?? 0);
      pixels[to] = (data[row * (rowBytes + 1) + 1 + at] ?? 0) + predicted(filter, left, up, upLeft);
    }
  }
  return pixels;
}

function predicted(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 4) return paeth(left, up, upLeft);
  throw new Error('is a broken PNG');
}

function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const [byLeft, byUp, byUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)];
  if (byLeft <= byUp && byLeft <= byUpLeft) return left;
  return byUp <= byUpLeft ? up : upLeft;
}
