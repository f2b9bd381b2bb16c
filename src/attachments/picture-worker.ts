import { defaultFormats, Jimp } from 'jimp';
import { serveTasks } from '../workers/serve-tasks.ts';
import { withJpegBlockPool } from './jpeg-block-pool.ts';
import { MAX_PIXELS, type PictureHeader } from './picture-header.ts';
import { sanitizeImage } from './sanitize-image.ts';

/** A picture whose header is valid. */
export interface PictureJob {
  readonly bytes: Uint8Array;
  readonly header: PictureHeader;
}

/** A picture for the model: upright, small enough, and without anything but its pixels. */
export interface Picture {
  /** A PNG or JPEG with at most 1.5 million characters. */
  readonly dataUri: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** The size of the PNG or JPEG. */
  readonly byteLength: number;
}

interface Bitmap {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** The part of jimp's formats that we use. The options of each format have another type. */
interface Format {
  readonly mime: string;
  encode(bitmap: Bitmap, options: object): Buffer | Promise<Buffer>;
  decode(bytes: Buffer, options: object): Bitmap | Promise<Bitmap>;
}

const FORMATS: readonly Format[] = defaultFormats.map((make) => make() as unknown as Format);

/**
 * Models that see in tiles scale a picture to 2,048 x 2,048 pixels, then its shorter side to 768 (OpenAI's rule). The rule
 * of the Realtime models is not documented. Up to 2:1, a picture of this size keeps every pixel that such a model sees.
 */
const LONGEST_SIDE_PX = 1_536;
const MAX_DATA_URI_CHARS = 1_500_000;
/** At the last quality, even 1,536 x 1,536 pixels of noise fit. */
const JPEG_QUALITIES = [85, 60, 25];
/** The limit of jpeg-js for its own memory. The process as a whole grows by up to 520 MB (measured). */
const JPEG_DECODER_MB = 384;

/** The correction for each EXIF orientation: first mirror left to right, then rotate counter-clockwise. */
const UPRIGHT: Readonly<Record<number, { readonly isMirrored: boolean; readonly degrees: number }>> = {
  2: { isMirrored: true, degrees: 0 },
  3: { isMirrored: false, degrees: 180 },
  4: { isMirrored: true, degrees: 180 },
  5: { isMirrored: true, degrees: 90 },
  6: { isMirrored: false, degrees: 270 },
  7: { isMirrored: true, degrees: 270 },
  8: { isMirrored: false, degrees: 90 },
};

async function readPicture({ bytes, header }: PictureJob): Promise<{ result: Picture }> {
  const decoded = await decode(bytes, header);
  if (header.kind !== 'jpeg') flatten(decoded);
  const { data, width, height } = upright(scaledDown(decoded), header.orientation ?? 1);
  // Use a new bitmap: the encoder would write the EXIF and comments of the decoded one.
  const { mime, encoded } = await encode({ data, width, height }, header);
  const dataUri = `data:${mime};base64,${encoded.toString('base64')}`;
  return { result: { dataUri, widthPx: width, heightPx: height, byteLength: encoded.byteLength } };
}

/** Decodes by the detected format. Jimp's own detection and its handling of EXIF are not used. */
function decode({ buffer, byteOffset, byteLength }: Uint8Array, header: PictureHeader): Bitmap | Promise<Bitmap> {
  const bytes = sanitizeImage(Buffer.from(buffer, byteOffset, byteLength), header);
  const bounds = { maxResolutionInMP: MAX_PIXELS / 1e6, maxMemoryUsageInMB: JPEG_DECODER_MB };
  const format = formatOf(`image/${header.kind}`);
  return header.kind === 'jpeg' ? withJpegBlockPool(() => format.decode(bytes, bounds)) : format.decode(bytes, {});
}

function formatOf(mime: string): Format {
  const format = FORMATS.find((candidate) => candidate.mime === mime);
  if (format === undefined) throw new Error(`jimp has no ${mime}`);
  return format;
}

/** Puts white behind transparent pixels, which the model would see on an unknown colour. */
function flatten({ data }: Bitmap): void {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] ?? 255;
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      data[channel] = Math.round(((data[channel] ?? 0) * alpha + 255 * (255 - alpha)) / 255);
    }
    data[at + 3] = 255;
  }
}

function scaledDown(bitmap: Bitmap): Bitmap {
  const factor = LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height);
  if (factor >= 1) return bitmap;
  return new Jimp(bitmap).resize({ w: bitmap.width * factor, h: bitmap.height * factor }).bitmap;
}

function upright(bitmap: Bitmap, orientation: number): Bitmap {
  const turn = UPRIGHT[orientation];
  if (turn === undefined) return bitmap;
  const image = new Jimp(bitmap);
  if (turn.isMirrored) image.flip({ horizontal: true });
  if (turn.degrees > 0) image.rotate(turn.degrees);
  return image.bitmap;
}

/** A JPEG stays a JPEG. Other pictures become a PNG if that fits, or a JPEG of decreasing quality. */
async function encode(bitmap: Bitmap, { kind }: PictureHeader): Promise<{ mime: string; encoded: Buffer }> {
  if (kind !== 'jpeg') {
    const encoded = await formatOf('image/png').encode(bitmap, {});
    if (fits(encoded)) return { mime: 'image/png', encoded };
  }
  const jpeg = formatOf('image/jpeg');
  let encoded = Buffer.alloc(0);
  for (const quality of JPEG_QUALITIES) {
    encoded = Buffer.from(await jpeg.encode(bitmap, { quality }));
    if (fits(encoded)) break;
  }
  return { mime: jpeg.mime, encoded };
}

function fits({ byteLength }: Buffer): boolean {
  return 'data:image/jpeg;base64,'.length + 4 * Math.ceil(byteLength / 3) <= MAX_DATA_URI_CHARS;
}

serveTasks(readPicture);
