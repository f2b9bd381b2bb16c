const HEADER_BYTES = 7;
const MIN_FRAMES = 3;

/** Whether adjacent frames of bare AAC begin at `start` (ISO/IEC 13818-7, 6.2). */
export function isAdts(bytes: Uint8Array, start: number): boolean {
  let at = start;
  for (let frame = 0; frame < MIN_FRAMES; frame++) {
    const length = frameLength(bytes, at);
    // A shorter file consists of its frames.
    if (length === undefined) return frame > 1 && at >= bytes.length;
    at += length;
  }
  return true;
}

function frameLength(bytes: Uint8Array, at: number): number | undefined {
  const [sync = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes.subarray(at, at + HEADER_BYTES);
  const rateIndex = (third >> 2) & 0xf;
  if (sync !== 0xff || (second & 0xf6) !== 0xf0 || rateIndex > 12) return undefined;
  const length = ((fourth & 0x3) << 11) | (fifth << 3) | (sixth >> 5);
  return length > HEADER_BYTES ? length : undefined;
}
