import { inflateSync } from 'node:zlib';
import { AttachmentError } from '../errors.ts';
import { checkGifCodes, firstGifFrame } from './gif-frame.ts';
import type { PictureHeader } from './picture-header.ts';

const PNG_SIGNATURE_BYTES = 8;
const PNG_INTERLACE_AT = 28;
const BMP_FILE_HEADER_BYTES = 14;
const BMP_INFO_HEADER_BYTES = 40;
const BMP_MASKS = 3;
const BMP_MASKS_WITH_ALPHA = 6;

/** Converts a picture to a form that is safe to decode. Throws if that is impossible. */
export function sanitizeImage(bytes: Buffer, header: PictureHeader): Buffer {
  switch (header.kind) {
    case 'png':
      return sanitizePng(bytes, header);
    case 'bmp':
      return sanitizeBmp(bytes);
    case 'gif':
      checkGifCodes(bytes, firstGifFrame(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
      return bytes;
    case 'jpeg':
      return bytes;
  }
}

/**
 * Removes bytes after the end, which pngjs refuses. pngjs inflates interlaced pictures without a limit (7.0.0,
 * parser-sync.js), so they are first inflated here with a limit.
 */
function sanitizePng(bytes: Buffer, { rawBytes, heightPx }: PictureHeader): Buffer {
  const data: Buffer[] = [];
  let at = PNG_SIGNATURE_BYTES;
  for (let type = ''; type !== 'IEND'; ) {
    const length = bytes.readUInt32BE(at);
    type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  if (at > bytes.length) throw new AttachmentError('damaged', 'a png without its end');
  // In each of the seven passes, a line begins with a filter byte and is padded to whole bytes.
  if (bytes[PNG_INTERLACE_AT] === 1) {
    inflateSync(Buffer.concat(data), { maxOutputLength: rawBytes + 2 * 7 * (heightPx + 1) });
  }
  return bytes.subarray(0, at);
}

/** Moves the pixels right behind the palette, where bmp-ts expects them (1.0.9, decoder.js). */
function sanitizeBmp(bytes: Buffer): Buffer {
  const pixelsAt = bytes.readUInt32LE(10);
  const headerBytes = bytes.readUInt32LE(14);
  const bits = bytes.readUInt16LE(28);
  const compression = bytes.readUInt32LE(30);
  const colors = bytes.readUInt32LE(46) || (bits <= 8 ? 2 ** bits : 0);
  const end = BMP_FILE_HEADER_BYTES + headerBytes + masksBytes(headerBytes, compression) + 4 * colors;
  return pixelsAt <= end ? bytes : Buffer.concat([bytes.subarray(0, end), bytes.subarray(pixelsAt)]);
}

function masksBytes(headerBytes: number, compression: number): number {
  if (headerBytes > BMP_INFO_HEADER_BYTES) return 0;
  if (compression === BMP_MASKS_WITH_ALPHA) return 16;
  return compression === BMP_MASKS ? 12 : 0;
}
