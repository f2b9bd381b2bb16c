import { AttachmentError } from '../errors.ts';

const HEADER_BYTES = 13;
const DESCRIPTOR_BYTES = 10;
const EXTENSION = 0x21;
const DESCRIPTOR = 0x2c;
/** Before the first frame. The words of one XMP are read as lengths: half a megabyte of them is about 5,000 blocks. */
const MAX_BLOCKS = 20_000;
const MAX_CODES = 4_096;
const MAX_CODE_BITS = 12;

export interface GifFrame {
  readonly screenWidthPx: number;
  readonly screenHeightPx: number;
  /** Of the frame, which may be larger than the screen. */
  readonly pixels: number;
  /** Where its codes begin. */
  readonly codesAt: number;
}

/** The first frame of a GIF (GIF89a, 18 to 22). Throws an AttachmentError, or a RangeError where the bytes end. */
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
  return new AttachmentError('damaged', 'a gif of too many blocks');
}

function paletteBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0b111) + 1);
}

/**
 * Follows the codes of a frame, without their pixels. Throws an AttachmentError where one stands for nothing yet, which
 * omggif (1.0.10) would follow in a circle for ever, and where they end before the frame is full.
 */
export function checkGifCodes(bytes: Uint8Array, { codesAt, pixels }: GifFrame): void {
  const firstBits = bytes[codesAt] ?? 0;
  if (firstBits < 1 || firstBits > 8) throw new AttachmentError('damaged', `a gif with codes of ${firstBits} bits`);
  const clear = 1 << firstBits;
  const end = clear + 1;
  const read = codeReader(bytes, codesAt + 1);
  // How many pixels a code stands for.
  const lengths = new Uint16Array(MAX_CODES).fill(1, 0, clear);
  let next = end + 1;
  let bits = firstBits + 1;
  let previous = 0;
  let made = 0;
  for (let code = read(bits); made < pixels; code = read(bits)) {
    if (code === undefined || code === end)
      throw new AttachmentError('damaged', `a gif that ends after ${made} pixels`);
    if (code === clear) {
      next = end + 1;
      bits = firstBits + 1;
      previous = 0;
      continue;
    }
    if (code > next || (code === next && previous === 0)) throw new AttachmentError('damaged', 'a gif of wrong codes');
    if (previous > 0 && next < MAX_CODES) {
      lengths[next++] = previous + 1;
      if (next >= 1 << bits && bits < MAX_CODE_BITS) bits++;
    }
    previous = lengths[code] ?? 1;
    made += previous;
  }
}

/** Reads codes of so many bits through blocks of bytes; `undefined` behind the last. */
function codeReader(bytes: Uint8Array, from: number): (bits: number) => number | undefined {
  let at = from + 1;
  let left = bytes[from] ?? 0;
  let held = 0;
  let heldBits = 0;
  return (bits) => {
    while (heldBits < bits) {
      if (left === 0) return undefined;
      held |= (bytes[at++] ?? 0) << heldBits;
      heldBits += 8;
      if (--left === 0) left = bytes[at++] ?? 0;
    }
    const code = held & ((1 << bits) - 1);
    held >>= bits;
    heldBits -= bits;
    return code;
  };
}
