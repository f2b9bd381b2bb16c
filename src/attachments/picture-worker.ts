import { setFlagsFromString } from 'node:v8';
import { imageSize } from 'image-size';
import { AttachmentError } from '../errors.ts';
import { serveTasks } from '../workers/serve-tasks.ts';

/** Phones take pictures with 24 megapixels. Decoding more would need too much memory. */
const MAX_PIXELS = 25_000_000;
/** In pages of 64 kB: 768 MB. Decoding 25 megapixels takes less than half; a picture that hides its size ends here. */
const MAX_MEMORY_PAGES = 12_288;
/**
 * Models that see in tiles scale a picture to 2,048 x 2,048 pixels, then its shorter side to 768 (OpenAI's rule). The
 * rule of the Realtime models is not documented. Up to an aspect ratio of 2:1, a picture of this size keeps every pixel
 * that such a model sees.
 */
const LONGEST_SIDE_PX = 1_536;
const MAX_DATA_URI_CHARS = 1_500_000;
/** At the last quality, even 1,536 x 1,536 pixels of noise fit. */
const JPEG_QUALITIES = [85, 60, 25];
/** The EXIF orientations that swap the axes or mirror one. */
const TURNED = [5, 6, 7, 8];
const MIRRORED_X = [2, 3, 7, 8];
const MIRRORED_Y = [3, 4, 6, 7];

// The limit has to be set before the decoder allocates its memory.
setFlagsFromString(`--wasm-max-mem-pages=${MAX_MEMORY_PAGES}`);
const { PhotonImage, resize, SamplingFilter } = await import('@cf-wasm/photon');

/** Pixels of four bytes: red, green, blue, alpha. */
interface Bitmap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Returns a data URI of a PNG or JPEG: upright, small enough, and without anything but its pixels. `bytes` fill their
 * buffer, since image-size (2.1.0) reads beyond the end of a view.
 */
function readPicture(bytes: Uint8Array): { result: string } {
  const { width, height, type, orientation = 1 } = imageSize(bytes);
  if (width * height > MAX_PIXELS) throw new AttachmentError('too_large', `a ${type} of ${width} x ${height}`);
  const decoded = decode(bytes);
  const isJpeg = type === 'jpg';
  if (!isJpeg) flatten(decoded);
  return { result: toDataUri(upright(scaledDown(decoded), orientation), isJpeg) };
}

/** The decoder panics at damage and keeps the memory, so the thread ends; its owner reports the damage. */
function decode(bytes: Uint8Array): Bitmap {
  try {
    return bitmapOf(PhotonImage.new_from_byteslice(bytes));
  } catch {
    return process.exit(1);
  }
}

/** Releases the memory of `image`, which is not garbage collected. */
function bitmapOf(image: InstanceType<typeof PhotonImage>): Bitmap {
  const bitmap = { data: image.get_raw_pixels(), width: image.get_width(), height: image.get_height() };
  image.free();
  return bitmap;
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
  const { data, width, height } = bitmap;
  const factor = LONGEST_SIDE_PX / Math.max(width, height);
  if (factor >= 1) return bitmap;
  const image = new PhotonImage(data, width, height);
  const [newWidth, newHeight] = [width, height].map((side) => Math.max(1, Math.round(side * factor)));
  const scaled = resize(image, newWidth ?? 1, newHeight ?? 1, SamplingFilter.Triangle);
  image.free();
  return bitmapOf(scaled);
}

/** Corrects the orientation of the camera, 1 to 8 as in EXIF. Any other value is ignored. */
function upright({ data, width, height }: Bitmap, orientation: number): Bitmap {
  const isTurned = TURNED.includes(orientation);
  const pixels = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const turned = new Uint32Array(pixels.length);
  const newWidth = isTurned ? height : width;
  for (let at = 0; at < turned.length; at++) {
    const [newX, newY] = [at % newWidth, Math.floor(at / newWidth)];
    const [x, y] = isTurned ? [newY, newX] : [newX, newY];
    const fromX = MIRRORED_X.includes(orientation) ? width - 1 - x : x;
    const fromY = MIRRORED_Y.includes(orientation) ? height - 1 - y : y;
    turned[at] = pixels[fromY * width + fromX] ?? 0;
  }
  return { data: new Uint8Array(turned.buffer), width: newWidth, height: isTurned ? width : height };
}

/** Keeps a PNG exact if that is small enough. JPEG is lossy and bounds every picture. */
function toDataUri({ data, width, height }: Bitmap, isJpeg: boolean): string {
  const image = new PhotonImage(data, width, height);
  try {
    const png = isJpeg ? undefined : dataUri('image/png', image.get_bytes());
    if (png !== undefined && png.length <= MAX_DATA_URI_CHARS) return png;
    for (const quality of JPEG_QUALITIES) {
      const jpeg = dataUri('image/jpeg', image.get_bytes_jpeg(quality));
      if (jpeg.length <= MAX_DATA_URI_CHARS) return jpeg;
    }
    throw new AttachmentError('too_large', `${width} x ${height} pixels that cannot be compressed`);
  } finally {
    image.free();
  }
}

function dataUri(mime: string, bytes: Uint8Array): string {
  return `data:${mime};base64,${Buffer.from(bytes).toString('base64')}`;
}

serveTasks(readPicture);
