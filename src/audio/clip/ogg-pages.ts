/** A page of an Ogg stream (RFC 3533, 6). */
export interface OggPage {
  /** All of it, the header included. */
  readonly bytes: Uint8Array;
  readonly serial: number;
  /** What its last packet's end is counted as; undefined when no packet ends on it. */
  readonly granule: bigint | undefined;
}

const HEADER_BYTES = 27;
const CAPTURE_PATTERN = 'OggS';

/** All pages in their order, whatever lies between them passed over; the last one may be cut off. */
export function* oggPages(bytes: Uint8Array): Generator<OggPage> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = buffer.indexOf(CAPTURE_PATTERN);
  while (at >= 0) {
    const page = pageAt(buffer, at);
    if (page !== undefined) yield page;
    at = buffer.indexOf(CAPTURE_PATTERN, at + (page?.bytes.byteLength ?? CAPTURE_PATTERN.length));
  }
}

function pageAt(buffer: Buffer, at: number): OggPage | undefined {
  if (at + HEADER_BYTES > buffer.length) return undefined;
  const segments = buffer[at + HEADER_BYTES - 1] ?? 0;
  const lengths = buffer.subarray(at + HEADER_BYTES, at + HEADER_BYTES + segments);
  const end = at + HEADER_BYTES + segments + lengths.reduce((sum, length) => sum + length, 0);
  const bytes = end <= buffer.length ? buffer.subarray(at, end) : cutPage(buffer, at, lengths);
  const granule = buffer.readBigInt64LE(at + 6);
  return bytes && { bytes, serial: buffer.readUInt32LE(at + 14), granule: granule < 0n ? undefined : granule };
}

/** What is left of a page at the end, with a header that says so; a page may hold a second of sound. */
function cutPage(buffer: Buffer, at: number, lengths: Uint8Array): Uint8Array | undefined {
  if (buffer.indexOf(CAPTURE_PATTERN, at + CAPTURE_PATTERN.length) >= 0) return undefined;
  const bodyAt = at + HEADER_BYTES + lengths.length;
  let end = bodyAt;
  let segments = 0;
  for (const length of lengths) {
    if (end + length > buffer.length) break;
    end += length;
    segments += 1;
  }
  if (segments === 0) return undefined;
  const header = Uint8Array.from(buffer.subarray(at, at + HEADER_BYTES)).with(HEADER_BYTES - 1, segments);
  return Buffer.concat([header, lengths.subarray(0, segments), buffer.subarray(bodyAt, end)]);
}
