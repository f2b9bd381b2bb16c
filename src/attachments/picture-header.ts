import { AttachmentError } from '../errors.ts';
import type { PictureKind } from './detect-file-type.ts';
import { firstGifFrame } from './gif-frame.ts';
import { jpegHeader } from './jpeg-header.ts';

/** What a picture claims of itself; nothing of it was decoded for that. */
export interface PictureHeader {
  readonly kind: PictureKind;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Of the pixels as the decoder first holds them. */
  readonly rawBytes: number;
  /** As EXIF gives it, 1 to 8: how the camera was held. 1 is upright. */
  readonly orientation: number;
}

/** A telephone's picture at its full 24 megapixels; more would need too much memory to decode. */
export const MAX_PIXELS = 25_000_000;
const MAX_RAW_BYTES = 4 * MAX_PIXELS;

const BMP_HEADER_BYTES = [40, 52, 56, 108, 124];
const BMP_BITS = [1, 4, 8, 16, 24, 32];
/** None, run lengths of 8 and 4 bits, and masks; not a JPEG or PNG inside. */
const BMP_COMPRESSIONS = [0, 1, 2, 3, 6];
const PNG_CHANNELS = [1, undefined, 3, 1, 2, undefined, 4];

/**
 * What a picture claims of itself. Throws an AttachmentError: `damaged` where that makes no sense, `too_large` above 25
 * megapixels, `kind_unsupported` for a variety that the decoder does not know.
 */
export function pictureHeader(kind: PictureKind, bytes: Uint8Array): PictureHeader {
  const header = {
    kind,
    orientation: 1,
    ...readHeader(kind, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  };
  const { widthPx, heightPx, rawBytes } = header;
  if (!(widthPx > 0 && heightPx > 0)) throw new AttachmentError('damaged', `a ${kind} of ${widthPx} x ${heightPx}`);
  if (widthPx * heightPx > MAX_PIXELS || rawBytes > MAX_RAW_BYTES) {
    throw new AttachmentError('too_large', `a ${kind} of ${widthPx} x ${heightPx}, ${rawBytes} bytes`);
  }
  return header;
}

type Claims = Omit<PictureHeader, 'kind' | 'orientation'> & { readonly orientation?: number };

function readHeader(kind: PictureKind, view: DataView): Claims {
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

function pngHeader(view: DataView): Claims {
  const [widthPx, heightPx] = [view.getUint32(16), view.getUint32(20)];
  const bits = view.getUint8(24);
  const channels = PNG_CHANNELS[view.getUint8(25)];
  // 'IHDR'
  if (view.getUint32(12) !== 0x49484452 || channels === undefined) {
    throw new AttachmentError('damaged', 'a png without its header');
  }
  return { widthPx, heightPx, rawBytes: Math.max(4, (channels * bits) / 8) * widthPx * heightPx };
}

function gifHeader(view: DataView): Claims {
  const { screenWidthPx, screenHeightPx, pixels } = firstGifFrame(view);
  return {
    widthPx: screenWidthPx,
    heightPx: screenHeightPx,
    rawBytes: 4 * Math.max(screenWidthPx * screenHeightPx, pixels),
  };
}

function bmpHeader(view: DataView): Claims {
  const headerBytes = view.getUint32(14, true);
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const isKnown = BMP_HEADER_BYTES.includes(headerBytes) && BMP_BITS.includes(bits);
  if (!isKnown || !BMP_COMPRESSIONS.includes(compression)) {
    throw new AttachmentError('kind_unsupported', `a bmp with a header of ${headerBytes} bytes, ${bits} bits`);
  }
  if (view.getUint32(46, true) > 256) throw new AttachmentError('damaged', 'a bmp with too many colours');
  // Negative: its first line is the highest.
  const [widthPx, heightPx] = [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
  return { widthPx, heightPx, rawBytes: 4 * widthPx * heightPx };
}
