import { AttachmentError } from '../errors.ts';

const HEADER_BYTES = 13;
const DESCRIPTOR_BYTES = 10;
const EXTENSION = 0x21;
const DESCRIPTOR = 0x2c;
/** Limits the blocks before the first frame. Half a megabyte of XMP, whose text is read as lengths, has about 5,000. */
const MAX_BLOCKS = 20_000;
const MAX_CODES = 4_096;
const MAX_CODE_BITS = 12;

export interface GifFrame {
  readonly screenWidthPx: number;
  readonly screenHeightPx: number;
  /** The pixels of the frame, which may be larger than the screen. */
  readonly pixels: number;
  /** The offset of its codes. */
  readonly codesAt: number;
}

/** Finds the first frame of a GIF (GIF89a, 18 to 22). Throws an AttachmentError, or a RangeError if the bytes end early. */
export function firstGifFrame(view: DataView): GifFrame {
  let at = HEADER_BYTES + paletteBytes(view.getUint8(10));
  for (let blocks = 0; view.getUint8(at) === EXTENSION; at++) {
    at += 2;
    for (let length = view.getUint8(at); length > 0; length = view.getUint8(at)) {
      at += 1 + length;
      if (++blocks > MAX_BLOCKS) throw tooManyBlocks();
    }
    if (++blocks > MAX_BLOCKS) throw tooManyBlocks();
  }
  if (view.getUint8(at) !== DESCRIPTOR) throw new AttachmentError('damaged', 'a gif without a frame');
  return {
    screenWidthPx: view.getUint16(6, true),
    screenHeightPx: view.getUint16(8, true),
    pixels: view.getUint16(at + 5, true) * view.getUint16(at + 7, true),
    codesAt: at + DESCRIPTOR_BYTES + paletteBytes(view.getUint8(at + 9)),
  };
}

function tooManyBlocks(): AttachmentError {
  return new AttachmentError('damaged', 'a gif with too many blocks');
}

function paletteBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0b111) + 1);
}

/**
 * Validates the codes of a frame without decoding pixels. Throws an AttachmentError for a code that is not defined yet,
 * with which omggif (1.0.10) loops for ever, and for codes that end before the frame is full.
 */
export function checkGifCodes(bytes: Uint8Array, { codesAt, pixels }: GifFrame): void {
  const firstBits = bytes[codesAt] ?? 0;
  if (firstBits < 1 || firstBits > 8) throw new AttachmentError('damaged', `a gif with codes of ${firstBits} bits`);
  const clear = 1 << firstBits;
  const end = clear + 1;
  const read = codeReader(bytes, codesAt + 1);
  // The number of pixels that each code represents.
  const lengths = new Uint16Array(MAX_CODES).fill(1, 0, clear);
  let next = end + 1;
  let bits = firstBits + 1;
  let previous = 0;
  let decoded = 0;
  for (let code = read(bits); decoded < pixels; code = read(bits)) {
    if (code === undefined || code === end)
      throw new AttachmentError('damaged', `a gif that ends after ${decoded} pixels`);
    if (code === clear) {
      next = end + 1;
      bits = firstBits + 1;
      previous = 0;
      continue;
    }
    if (code > next || (code === next && previous === 0))
      throw new AttachmentError('damaged', 'a gif with undefined codes');
    if (previous > 0 && next < MAX_CODES) {
      lengths[next++] = previous + 1;
      if (next >= 1 << bits && bits < MAX_CODE_BITS) bits++;
    }
    previous = lengths[code] ?? 1;
    decoded += previous;
  }
}

/** Reads codes of `bits` bits from the blocks; `undefined` after the last. */
function codeReader(bytes: Uint8Array, from: number): (bits: number) => number | undefined {
  let at = from + 1;
  let left = bytes[from] ?? 0;
  let buffer = 0;
  let bufferedBits = 0;
  return (bits) => {
    while (bufferedBits < bits) {
      if (left === 0) return undefined;
      buffer |= (bytes[at++] ?? 0) << bufferedBits;
      bufferedBits += 8;
      if (--left === 0) left = bytes[at++] ?? 0;
    }
    const code = buffer & ((1 << bits) - 1);
    buffer >>= bits;
    bufferedBits -= bits;
    return code;
  };
}
