import { AttachmentError } from '../errors.ts';

const SOI_BYTES = 2;
/** Fill bytes included. A profile of colours as large as the file comes in segments of 64 kB, 240 of them. */
const MAX_MARKERS = 2_000;
const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
/** Baseline, extended and progressive with Huffman codes: what the decoder knows. */
const KNOWN_FRAMES = [0xc0, 0xc1, 0xc2];
/** C4, C8 and CC among the frames are tables. */
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
/** They stand in the order of their tags, and that of the orientation is among the first. */
const MAX_ENTRIES = 500;
/** Each block of 64 pixels takes a bit or more, so that a byte holds at most 8 blocks, of 4 bytes a pixel. */
const MAX_RAW_SHARE = 8 * 64 * 4;

interface JpegHeader {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rawBytes: number;
  readonly orientation: number;
}

/**
 * The size in the frame header, and the orientation in EXIF, of a JPEG (ITU T.81 B.1; CIPA DC-008). Throws an
 * AttachmentError, or a RangeError where the bytes end.
 */
export function jpegHeader(view: DataView): JpegHeader {
  let size: Omit<JpegHeader, 'orientation'> | undefined;
  let orientation = 1;
  for (const { marker, at, length } of segments(view)) {
    if (marker === APP1) orientation = exifOrientation(view, at, length) ?? orientation;
    if (!FRAMES.includes(marker)) continue;
    if (!KNOWN_FRAMES.includes(marker) || view.getUint8(at) !== 8) {
      throw new AttachmentError('kind_unsupported', `a jpeg with a frame of kind ${marker.toString(16)}`);
    }
    // The decoder takes the last, and makes room for each.
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

/** The segments before the picture itself: each marker, and where its content begins. */
function* segments(view: DataView): Generator<{ marker: number; at: number; length: number }> {
  let at = SOI_BYTES;
  for (let markers = 0; markers < MAX_MARKERS; markers++) {
    if (view.getUint8(at) !== 0xff) throw new AttachmentError('damaged', `no marker of a jpeg at ${at}`);
    const marker = view.getUint8(at + 1);
    // Fill bytes.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN) return;
    const length = view.getUint16(at + 2);
    if (length < 2) throw new AttachmentError('damaged', `a segment of a jpeg without a length at ${at}`);
    yield { marker, at: at + 4, length: length - 2 };
    at += 2 + length;
  }
  throw new AttachmentError('damaged', `a jpeg without a picture behind ${MAX_MARKERS} markers`);
}

/** The orientation in a segment of EXIF; `undefined` where it has none that makes sense. */
function exifOrientation(view: DataView, at: number, length: number): number | undefined {
  // 'Exif', and two zeros.
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
