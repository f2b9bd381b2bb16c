import type { PictureDescription } from './input-description.ts';

/** Looks at a PNG or JPEG in a base64 data URI; at its header only: no pixel is decoded. */
export function seePicture(dataUri: string): PictureDescription {
  const bytes = Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
  if (bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return { format: 'PNG', size: pngSize(bytes) };
  if (bytes.length > 2 && bytes.readUInt16BE(0) === JPEG_START) return { format: 'JPEG', size: jpegSize(bytes) };
  return { format: dataUri.startsWith('data:image/png') ? 'PNG' : 'JPEG', size: undefined };
}

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const PNG_HEADER_END = 24;

/** IHDR is always the first chunk. */
function pngSize(bytes: Buffer): PictureDescription['size'] {
  if (bytes.length < PNG_HEADER_END || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return sizeOf(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
}

const JPEG_START = 0xffd8;
/** Height and width stand in the frame's header behind its marker, its length and one byte of precision. */
const FRAME_SIZE_AT = 5;
const FRAME_SIZE_END = 9;

/** Segments of any kind may stand before the frame, such as a camera's notes with a small picture of its own. */
function jpegSize(bytes: Buffer): PictureDescription['size'] {
  let at = 2;
  while (at + FRAME_SIZE_END <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (isFrame(marker))
      return sizeOf(bytes.readUInt16BE(at + FRAME_SIZE_AT + 2), bytes.readUInt16BE(at + FRAME_SIZE_AT));
    // A marker may be preceded by any number of fill bytes.
    at += marker === 0xff ? 1 : 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables (DHT, DAC) and the extension that share their range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function sizeOf(widthPx: number, heightPx: number): PictureDescription['size'] {
  return widthPx > 0 && heightPx > 0 ? { widthPx, heightPx } : undefined;
}
