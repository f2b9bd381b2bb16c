import { ascii } from './ascii.ts';

/** One frame of MPEG audio, layer III. */
interface Mp3Frame {
  readonly at: number;
  readonly byteLength: number;
  readonly rateHz: number;
}

// ISO/IEC 11172-3 and 13818-3, 2.4.2.3; MPEG 2.5 is the same with half the rates.
const MPEG_1_KBITS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG_2_KBITS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const MPEG_1_RATES_HZ = [44_100, 48_000, 32_000];
/** The divisors by the two bits of the version. The second value is reserved. */
const RATE_DIVISORS = [4, Number.NaN, 2, 1];

const HEADER_BYTES = 4;
const ID3_HEADER_BYTES = 10;
/** The most bytes before the first frame, without zeros and tags. */
const MAX_LEAD_BYTES = 4_096;
const MIN_FRAMES = 3;
/** More than MIN_FRAMES frames: the largest has 1,441 bytes (320 kbit/s at 32 kHz). */
const MIN_FRAMES_BYTES = 8_192;
// Detection runs on the main thread, for files that may be all zeros or all tags.
const MAX_ZEROS = 65_536;
const MAX_TAGS = 4;

/**
 * Iterates over all whole frames of one rate. Skips tags with their pictures, zeros and damage between them. A frame
 * counts only if another frame of its rate or the end of the file follows: two bytes alone may look like a header.
 */
export function* mp3Frames(bytes: Uint8Array): Generator<Mp3Frame> {
  let at = afterId3(bytes);
  let last: Mp3Frame | undefined;
  while (at + HEADER_BYTES <= bytes.length) {
    const frame = frameAt(bytes, at);
    if (frame === undefined || !isConfirmed(bytes, frame, last)) {
      at = bytes.indexOf(0xff, at + 1);
      if (at < 0) return;
      continue;
    }
    yield frame;
    last = frame;
    at += frame.byteLength;
  }
}

/** Whether the bytes begin with MP3 frames. */
export function isMp3(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, MAX_ZEROS).findIndex((byte) => byte !== 0);
  /** The end of the last frame. */
  let end = start;
  /** How many frames follow each other up to there. */
  let adjacentCount = 0;
  for (const frame of mp3Frames(bytes.subarray(0, start + MAX_LEAD_BYTES + MIN_FRAMES_BYTES))) {
    if (adjacentCount === 0 && frame.at > start + MAX_LEAD_BYTES) return false;
    adjacentCount = frame.at === end ? adjacentCount + 1 : 1;
    if (adjacentCount === MIN_FRAMES) return true;
    end = frame.at + frame.byteLength;
  }
  // A shorter file consists of its frames.
  return adjacentCount > 1 && end === bytes.length;
}

/** Returns the offset behind the ID3v2 tags at the start; 0 without tags. https://id3.org/id3v2.4.0-structure */
export function afterId3(bytes: Uint8Array): number {
  let at = 0;
  for (let tags = 0; tags < MAX_TAGS; tags++) {
    const [version = 0, , flags = 0, ...size] = bytes.subarray(at + 3, at + ID3_HEADER_BYTES);
    const isTag = ascii(bytes, at, 3) === 'ID3' && version >= 2 && version <= 4 && (flags & 0xf) === 0;
    if (!isTag || size.length < 4 || size.some((byte) => byte > 0x7f)) break;
    const hasFooter = (flags & 0x10) !== 0;
    at += ID3_HEADER_BYTES + size.reduce((sum, byte) => (sum << 7) | byte, 0) + (hasFooter ? ID3_HEADER_BYTES : 0);
  }
  return at;
}

/** Whether the bytes around the frame show that it is one. */
function isConfirmed(bytes: Uint8Array, frame: Mp3Frame, last: Mp3Frame | undefined): boolean {
  const end = frame.at + frame.byteLength;
  if (last !== undefined && last.rateHz !== frame.rateHz) return false;
  if (last !== undefined && last.at + last.byteLength === frame.at) return end <= bytes.length;
  return end === bytes.length || frameAt(bytes, end)?.rateHz === frame.rateHz;
}

function frameAt(bytes: Uint8Array, at: number): Mp3Frame | undefined {
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  if (bytes[at] !== 0xff || (second & 0xe6) !== 0xe2) return undefined;
  const version = (second >> 3) & 0x3;
  const rateHz = (MPEG_1_RATES_HZ[(third >> 2) & 0x3] ?? Number.NaN) / (RATE_DIVISORS[version] ?? Number.NaN);
  const isMpeg1 = version === 3;
  const kbits = (isMpeg1 ? MPEG_1_KBITS : MPEG_2_KBITS)[third >> 4];
  if (Number.isNaN(rateHz) || !kbits) return undefined;
  // A frame has 1,152 or 576 samples.
  const samplesPerByte = isMpeg1 ? 144 : 72;
  const padding = (third >> 1) & 1;
  return { at, byteLength: Math.floor((samplesPerByte * kbits * 1000) / rateHz) + padding, rateHz };
}
