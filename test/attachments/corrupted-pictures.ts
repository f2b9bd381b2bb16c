import assert from 'node:assert/strict';
import { imageSize } from 'image-size';
import type { PictureReader } from '../../src/attachments/picture.ts';
import { AttachmentError } from '../../src/errors.ts';
import { bmp, exif, flag, gif, interlacedPng, jpeg, png, seeded } from './pictures.ts';

export interface CorruptedOptions {
  readonly reader: PictureReader;
  readonly seed: number;
  readonly count: number;
}

/**
 * Reads `count` corrupted pictures, one after another. Throws unless each of them ends as a picture within the bounds
 * or with an AttachmentError; returns the number of each result.
 */
export async function readCorruptedPictures({ reader, seed, count }: CorruptedOptions): Promise<Map<string, number>> {
  const random = seeded(seed);
  const whole = await wholePictures();
  const ends = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const bytes = corrupted(whole[i % whole.length] ?? Buffer.alloc(0), random);
    const end = await endOf(reader, bytes);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  return ends;
}

function wholePictures(): Promise<Buffer[]> {
  const small = flag(24, 16);
  return Promise.all([
    jpeg(small, [exif(6)]),
    png(small),
    gif(small, small),
    bmp(small, { bits: 24 }),
    bmp(small, { bits: 8, headerBytes: 124, gapBytes: 8 }),
    interlacedPng(small),
  ]);
}

async function endOf(reader: PictureReader, bytes: Buffer): Promise<string> {
  try {
    const dataUri = await reader.read(bytes, new AbortController().signal);
    const { width, height } = imageSize(Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64'));
    assert.ok(dataUri.length <= 1_500_000 && width <= 1_536 && height <= 1_536);
    return 'read';
  } catch (error) {
    if (error instanceof AttachmentError) return error.code;
    throw error;
  }
}

/**
 * Changes some bytes (most of them near the beginning, where sizes are), and sometimes truncates or extends the file.
 */
function corrupted(whole: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(whole);
  const changes = Math.floor(random() * 6);
  for (let i = 0; i < changes; i++) {
    const reach = random() < 0.7 ? Math.min(64, bytes.length) : bytes.length;
    bytes[Math.floor(random() * reach)] = random() < 0.5 ? Math.floor(random() * 256) : random() < 0.5 ? 0 : 0xff;
  }
  if (random() < 0.2) return bytes.subarray(0, Math.floor(random() * bytes.length));
  if (random() < 0.1) return Buffer.concat([bytes, bytes]);
  return bytes;
}
