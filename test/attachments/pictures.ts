import { createCipheriv } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { defaultFormats, Jimp } from 'jimp';

/** Red, green, blue, alpha. */
export type Color = readonly [number, number, number, number];
export const RED: Color = [230, 20, 20, 255];
export const GREEN: Color = [20, 200, 20, 255];
export const BLUE: Color = [20, 20, 230, 255];
export const WHITE: Color = [255, 255, 255, 255];

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

export function paint(width: number, height: number, colorAt: (x: number, y: number) => Color): Pixels {
  const data = Buffer.alloc(4 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colorAt(x, y), 4 * (y * width + x));
  return { width, height, data };
}

/** A picture with one colour above the middle and one below: quick to make in any size. */
function twoRows(width: number, height: number, above: Buffer, below: Buffer): Pixels {
  const rows = Array.from({ length: height }, (_, y) => (y >= height / 2 ? below : above));
  return { width, height, data: Buffer.concat(rows) };
}

/** Red at the top left, green at the top right, blue below: every orientation looks different. */
export function flag(width: number, height: number): Pixels {
  const above = paint(width, 1, (x) => (x < width / 2 ? RED : GREEN)).data;
  return twoRows(width, height, above, paint(width, 1, () => BLUE).data);
}

/** The same noise for the same seed: the key stream of a cipher, which is quick. */
export function noise(width: number, height: number, seed: number): Pixels {
  const cipher = createCipheriv('chacha20', Buffer.alloc(32, seed), Buffer.alloc(16));
  const data = cipher.update(Buffer.alloc(4 * width * height));
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return { width, height, data };
}

/** Mulberry32: the same numbers for the same seed, from 0 to below 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function jpeg(pixels: Pixels, segments: readonly Buffer[] = []): Promise<Buffer> {
  const format = defaultFormats.map((make) => make()).find(({ mime }) => mime === 'image/jpeg');
  return withSegments(Buffer.from((await format?.encode(pixels as never)) ?? []), segments);
}

/** A JPEG with these segments before all others. Encoding one takes longer than reading most pictures. */
export function withSegments(bytes: Buffer, segments: readonly Buffer[]): Buffer {
  return Buffer.concat([bytes.subarray(0, 2), ...segments, bytes.subarray(2)]);
}

export function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** EXIF with an orientation and, as a camera writes it, the location of the picture. */
export function exif(orientation: number, { isLittle = true } = {}): Buffer {
  const place = Buffer.from('GPS 48.137154N 11.576124E\0');
  const tiff = Buffer.alloc(8 + 2 + 2 * 12 + 4);
  const u16 = (value: number, at: number) => (isLittle ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (isLittle ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at));
  tiff.write(isLittle ? 'II' : 'MM');
  u16(42, 2);
  u32(8, 4);
  u16(2, 8);
  // An ASCII text outside the directory, then the orientation.
  u16(0x010e, 10);
  u16(2, 12);
  u32(place.length, 14);
  u32(tiff.length, 18);
  u16(0x0112, 22);
  u16(3, 24);
  u32(1, 26);
  u16(orientation, 30);
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff, place]));
}

export function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export interface PngOptions {
  /** The size in the header, if it is not the real one. */
  readonly claimed?: { readonly width: number; readonly height: number };
  readonly interlace?: number;
  readonly extra?: readonly Buffer[];
  /** Replaces the lines of pixels. */
  readonly lines?: Buffer;
}

/** A PNG with 8 bits and alpha. */
export function png(pixels: Pixels, { claimed = pixels, interlace = 0, extra = [], lines }: PngOptions = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claimed.width, 0);
  header.writeUInt32BE(claimed.height, 4);
  header.set([8, 6, 0, 0, interlace], 8);
  const rows = Array.from({ length: pixels.height }, (_, y) =>
    Buffer.concat([Buffer.from([0]), pixels.data.subarray(4 * pixels.width * y, 4 * pixels.width * (y + 1))]),
  );
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', deflateSync(lines ?? Buffer.concat(rows), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The seven pictures of an interlaced PNG: their start and their step. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function interlacedPng(pixels: Pixels): Buffer {
  const { width, height, data } = pixels;
  const lines: Buffer[] = [];
  for (const [left, top, right, down] of PASSES) {
    if (left >= width) continue;
    for (let y = top; y < height; y += down) {
      lines.push(Buffer.from([0]));
      for (let x = left; x < width; x += right) lines.push(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4));
    }
  }
  return png(pixels, { interlace: 1, lines: Buffer.concat(lines) });
}

/** Compressed by an encoder, with codes of all sizes. */
export function encodedGif(pixels: Pixels): Promise<Buffer> {
  return new Jimp(pixels).getBuffer('image/gif');
}

/**
 * A GIF of one frame at `frame.left` of a screen, with four colours; `frame.codes` replaces the default codes, which
 * are cleared before they grow.
 */
export function gif(
  screen: { width: number; height: number },
  frame: Pixels & { left?: number; codes?: Buffer },
): Buffer {
  const colors = [RED, GREEN, BLUE, WHITE];
  const head = Buffer.alloc(13);
  head.write('GIF89a');
  head.writeUInt16LE(screen.width, 6);
  head.writeUInt16LE(screen.height, 8);
  head[10] = 0x81;
  const descriptor = Buffer.alloc(10);
  descriptor[0] = 0x2c;
  descriptor.writeUInt16LE(frame.left ?? 0, 1);
  descriptor.writeUInt16LE(frame.width, 5);
  descriptor.writeUInt16LE(frame.height, 7);
  const indexes = Array.from({ length: frame.width * frame.height }, (_, i) =>
    colors.findIndex(([r, g]) => r === frame.data[4 * i] && g === frame.data[4 * i + 1]),
  );
  return Buffer.concat([
    head,
    Buffer.from(colors.flatMap((color) => color.slice(0, 3))),
    Buffer.from([0x21, 0xfe, 5, ...Buffer.from('hello'), 0]),
    descriptor,
    Buffer.from([2]),
    ...blocks(frame.codes ?? threeBitCodes(indexes.flatMap((index) => [4, index]).concat(5))),
    Buffer.from([0, 0x3b]),
  ]);
}

/** A GIF whose second frame declares this size. */
export function gifWithFrame(width: number, height: number): Buffer {
  const bytes = gif({ width: 30, height: 20 }, flag(30, 20));
  const descriptor = bytes.indexOf(0x2c, 13 + 12 + 9);
  bytes.writeUInt16LE(width, descriptor + 5);
  bytes.writeUInt16LE(height, descriptor + 7);
  return bytes;
}

function threeBitCodes(codes: readonly number[]): Buffer {
  const bits = codes.flatMap((code) => [code & 1, (code >> 1) & 1, (code >> 2) & 1]);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (i & 7));
  return bytes;
}

function blocks(bytes: Buffer): Buffer[] {
  const made: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.subarray(at, at + 255);
    made.push(Buffer.from([block.length]), block);
  }
  return made;
}

export interface BmpOptions {
  readonly bits: 8 | 24 | 32;
  readonly headerBytes?: 40 | 124;
  /** Between the headers and the pixels. */
  readonly gapBytes?: number;
  readonly isTopDown?: boolean;
  readonly masks?: boolean;
}

/** An uncompressed BMP; with 8 bits, of four colours. */
export function bmp(pixels: Pixels, options: BmpOptions): Buffer {
  const { bits, headerBytes = 40, gapBytes = 0, isTopDown = false, masks = false } = options;
  const colors = bits === 8 ? [RED, GREEN, BLUE, WHITE] : [];
  const palette = Buffer.from(colors.flatMap(([r, g, b]) => [b, g, r, 0]));
  const maskBytes = Buffer.alloc(masks ? 12 : 0);
  if (masks) [0xff0000, 0xff00, 0xff].forEach((mask, i) => void maskBytes.writeUInt32LE(mask, 4 * i));
  const head = Buffer.alloc(14 + headerBytes);
  if (headerBytes > 40) maskBytes.copy(head, 54);
  const before = Buffer.concat([head, headerBytes > 40 ? Buffer.alloc(0) : maskBytes, palette, Buffer.alloc(gapBytes)]);
  before.write('BM');
  before.writeUInt32LE(before.length, 10);
  before.writeUInt32LE(headerBytes, 14);
  before.writeInt32LE(pixels.width, 18);
  before.writeInt32LE(isTopDown ? -pixels.height : pixels.height, 22);
  before.writeUInt16LE(1, 26);
  before.writeUInt16LE(bits, 28);
  before.writeUInt32LE(masks ? 3 : 0, 30);
  before.writeUInt32LE(colors.length, 46);
  const rows = Array.from({ length: pixels.height }, (_, y) => bmpRow(pixels, y, bits));
  return Buffer.concat([before, ...(isTopDown ? rows : rows.reverse())]);
}

/** A BMP whose header declares this length of itself. */
export function bmpWithHeader(headerBytes: number): Buffer {
  const bytes = bmp(flag(30, 20), { bits: 24 });
  bytes.writeUInt32LE(headerBytes, 14);
  return bytes;
}

function bmpRow({ data, width }: Pixels, y: number, bits: 8 | 24 | 32): Buffer {
  const values = Array.from({ length: width }, (_, x) => {
    const [r = 0, g = 0, b = 0] = data.subarray(4 * (y * width + x));
    if (bits === 8) return [[RED, GREEN, BLUE, WHITE].findIndex(([red, green]) => red === r && green === g)];
    return bits === 24 ? [b, g, r] : [b, g, r, 0];
  }).flat();
  return Buffer.concat([Buffer.from(values), Buffer.alloc((4 - (values.length % 4)) % 4)]);
}

/** The colour at a position of a data URI, between 0 and 1 in both directions. */
export async function look(dataUri: string): Promise<(x: number, y: number) => Color> {
  const image = await Jimp.fromBuffer(Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64'));
  const { data, width, height } = image.bitmap;
  return (x, y) => {
    const at = 4 * (Math.floor(y * height) * width + Math.floor(x * width));
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, data[at + 3] ?? 0];
  };
}
