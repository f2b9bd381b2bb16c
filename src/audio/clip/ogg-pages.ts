const HEADER_BYTES = 27;
const SERIAL_AT = 14;
const CAPTURE_PATTERN = 'OggS';

/** Iterates over the pages of the first stream in an Ogg file (RFC 3533, 6) and skips everything between them. */
export function* oggPages(bytes: Uint8Array): Generator<Uint8Array> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let serial: number | undefined;
  let at = file.indexOf(CAPTURE_PATTERN);
  while (at >= 0 && at + HEADER_BYTES <= file.length) {
    const rest = file.subarray(at);
    const { page, isCut } = firstPage(rest);
    const next = file.indexOf(CAPTURE_PATTERN, at + (isCut ? CAPTURE_PATTERN.length : page.length));
    serial ??= rest.readUInt32LE(SERIAL_AT);
    // A page that exceeds the file is the last one, cut, or a damaged one if another page follows.
    if (rest.readUInt32LE(SERIAL_AT) === serial && (!isCut || next < 0)) yield page;
    at = next;
  }
}

/** Returns the page with the segments that the file still has: one page may hold a whole short voice message. */
function firstPage(rest: Buffer): { page: Buffer; isCut: boolean } {
  const lengths = rest.subarray(HEADER_BYTES, HEADER_BYTES + (rest[HEADER_BYTES - 1] ?? 0));
  const bodyAt = HEADER_BYTES + lengths.length;
  let end = bodyAt;
  const cutAt = lengths.findIndex((length) => {
    end += length;
    return end > rest.length;
  });
  if (cutAt < 0) return { page: rest.subarray(0, end), isCut: false };
  const header = Buffer.from(rest.subarray(0, HEADER_BYTES));
  header[HEADER_BYTES - 1] = cutAt;
  const body = rest.subarray(bodyAt, end - (lengths[cutAt] ?? 0));
  return { page: Buffer.concat([header, lengths.subarray(0, cutAt), body]), isCut: true };
}
