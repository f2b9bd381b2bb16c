import { AttachmentError } from '../errors.ts';

const SOI_BYTES = 2;
/** Limits the markers, including fill bytes. A colour profile as large as the file has 240 segments of 64 kB. */
const MAX_MARKERS = 2_000;
const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
/** The frames that the decoder supports: baseline, extended and progressive with Huffman codes. */
const KNOWN_FRAMES = [0xc0, 0xc1, 0xc2];
/** All frame markers. C4, C8 and CC are missing: they are tables. */
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
/** Limits the entries that are read. They are ordered by tag, and the orientation is among the first. */
const MAX_ENTRIES = 500;
/** A block of 64 pixels takes at least one bit, so a byte holds at most 8 blocks; a pixel takes 4 raw bytes. */
const MAX_RAW_SHARE = 8 * 64 * 4;

/** The size that a picture's header claims. */
export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
  /** The size of the pixels in the decoder. */
  readonly rawBytes: number;
  /** The orientation of the camera, 1 to 8 as in EXIF. Default: 1, upright. */
  readonly orientation?: number;
}

/**
 * Reads the size of a JPEG from its frame header, and its orientation from EXIF (ITU T.81 B.1; CIPA DC-008). Throws an
 * AttachmentError, or a RangeError if the bytes end early.
 */
export function jpegHeader(view: DataView): PictureSize {
  let size: PictureSize | undefined;
  let orientation = 1;
  for (const { marker, at, length } of segments(view)) {
    if (marker === APP1) orientation = exifOrientation(view, at, length) ?? orientation;
    if (!FRAMES.includes(marker)) continue;
    if (!KNOWN_FRAMES.includes(marker) || view.getUint8(at) !== 8) {
      throw new AttachmentError('kind_unsupported', `a jpeg with a frame of kind ${marker.toString(16)}`);
    }
    // The decoder uses the last frame, but allocates memory for each.
    if (size !== undefined) throw new AttachmentError('damaged', 'a jpeg with two frames');
    const [heightPx, widthPx] = [view.getUint16(at + 1), view.getUint16(at + 3)];
    size = { widthPx, heightPx, rawBytes: 4 * widthPx * heightPx };
  }
  if (size === undefined) throw new AttachmentError('damaged', 'a jpeg without a frame');
  if (view.byteLength < size.rawBytes / MAX_RAW_SHARE) {
    throw new AttachmentError('damaged', `a jpeg of ${size.widthPx} x ${size.heightPx} in ${view.byteLength} bytes`);
  }
  return { ...size, orientation };
}

/** Iterates over the segments before the picture: each marker with the offset and length of its content. */
function* segments(view: DataView): Generator<{ marker: number; at: number; length: number }> {
  let at = SOI_BYTES;
  for (let markers = 0; markers < MAX_MARKERS; markers++) {
    if (view.getUint8(at) !== 0xff) throw new AttachmentError('damaged', `a jpeg without a marker at ${at}`);
    const marker = view.getUint8(at + 1);
    // Skip fill bytes.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN) return;
    const length = view.getUint16(at + 2);
    if (length < 2) throw new AttachmentError('damaged', `a jpeg with a segment without a length at ${at}`);
    yield { marker, at: at + 4, length: length - 2 };
    at += 2 + length;
  }
  throw new AttachmentError('damaged', `a jpeg without a picture after ${MAX_MARKERS} markers`);
}

/** Reads the orientation from an EXIF segment; `undefined` if it has no valid one. */
function exifOrientation(view: DataView, at: number, length: number): number | undefined {
  // The segment begins with 'Exif' and two zeros.
  if (length < 14 || view.getUint32(at) !== 0x45786966 || view.getUint16(at + 4) !== 0) return undefined;
  const tiff = new DataView(view.buffer, view.byteOffset + at + 6, Math.min(length, view.byteLength - at) - 6);
  const isLittle = tiff.getUint16(0) === 0x4949;
  try {
    const directory = tiff.getUint32(4, isLittle);
    const entries = Math.min(tiff.getUint16(directory, isLittle), MAX_ENTRIES);
    for (let entry = directory + 2; entry < directory + 2 + 12 * entries; entry += 12) {
      if (tiff.getUint16(entry, isLittle) !== ORIENTATION_TAG || tiff.getUint16(entry + 2, isLittle) !== SHORT)
        continue;
      const orientation = tiff.getUint16(entry + 8, isLittle);
      return orientation >= 1 && orientation <= 8 ? orientation : undefined;
    }
  } catch (error) {
    // A picture whose EXIF is broken is still a picture.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}
