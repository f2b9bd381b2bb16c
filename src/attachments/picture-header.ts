import { AttachmentError } from '../errors.ts';
import type { PictureKind } from './detect-file-type.ts';
import { firstGifFrame } from './gif-frame.ts';
import { jpegHeader, type PictureSize } from './jpeg-header.ts';

export interface PictureHeader extends PictureSize {
  readonly kind: PictureKind;
}

/** Phones take pictures with 24 megapixels. Decoding more would need too much memory. */
export const MAX_PIXELS = 25_000_000;
const MAX_RAW_BYTES = 4 * MAX_PIXELS;

const BMP_HEADER_BYTES = [40, 52, 56, 108, 124];
const BMP_BITS = [1, 4, 8, 16, 24, 32];
/** Supported: none, run lengths of 8 and 4 bits, and masks. An embedded JPEG or PNG is not. */
const BMP_COMPRESSIONS = [0, 1, 2, 3, 6];
const PNG_CHANNELS = [1, undefined, 3, 1, 2, undefined, 4];

/**
 * Reads what a picture claims about itself. Throws an AttachmentError: `damaged` if that is invalid, `too_large` above 25
 * megapixels, `kind_unsupported` for a variety that the decoder does not support.
 */
export function pictureHeader(kind: PictureKind, bytes: Uint8Array): PictureHeader {
  const size = readSize(kind, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { widthPx, heightPx, rawBytes } = size;
  if (!(widthPx > 0 && heightPx > 0)) throw new AttachmentError('damaged', `a ${kind} of ${widthPx} x ${heightPx}`);
  if (widthPx * heightPx > MAX_PIXELS || rawBytes > MAX_RAW_BYTES) {
    throw new AttachmentError('too_large', `a ${kind} of ${widthPx} x ${heightPx}, ${rawBytes} bytes`);
  }
  return { kind, ...size };
}

function readSize(kind: PictureKind, view: DataView): PictureSize {
  try {
    switch (kind) {
      case 'png':
        return pngHeader(view);
      case 'jpeg':
        return jpegHeader(view);
      case 'gif':
        return gifHeader(view);
      case 'bmp':
        return bmpHeader(view);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new AttachmentError('damaged', `a ${kind} without a whole header`);
    throw error;
  }
}

function pngHeader(view: DataView): PictureSize {
  const [widthPx, heightPx] = [view.getUint32(16), view.getUint32(20)];
  const bits = view.getUint8(24);
  const channels = PNG_CHANNELS[view.getUint8(25)];
  // 'IHDR'
  if (view.getUint32(12) !== 0x49484452 || channels === undefined) {
    throw new AttachmentError('damaged', 'a png without its header');
  }
  return { widthPx, heightPx, rawBytes: Math.max(4, (channels * bits) / 8) * widthPx * heightPx };
}

function gifHeader(view: DataView): PictureSize {
  const { screenWidthPx, screenHeightPx, pixels } = firstGifFrame(view);
  return {
    widthPx: screenWidthPx,
    heightPx: screenHeightPx,
    rawBytes: 4 * Math.max(screenWidthPx * screenHeightPx, pixels),
  };
}

function bmpHeader(view: DataView): PictureSize {
  const headerBytes = view.getUint32(14, true);
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const isKnown = BMP_HEADER_BYTES.includes(headerBytes) && BMP_BITS.includes(bits);
  if (!isKnown || !BMP_COMPRESSIONS.includes(compression)) {
    throw new AttachmentError('kind_unsupported', `a bmp with a header of ${headerBytes} bytes, ${bits} bits`);
  }
  if (view.getUint32(46, true) > 256) throw new AttachmentError('damaged', 'a bmp with too many colours');
  // A negative height means that the first line is the top one.
  const [widthPx, heightPx] = [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
  return { widthPx, heightPx, rawBytes: 4 * widthPx * heightPx };
}
