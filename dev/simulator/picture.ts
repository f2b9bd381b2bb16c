import { imageSize } from 'image-size';
import { detectFileKind } from '../../src/attachments/detect-file-kind.ts';
import type { PictureDescription } from './input-description.ts';

/** Describes a PNG or JPEG in a base64 data URI by its header alone: no pixel is decoded. */
export function describePicture(dataUri: string): PictureDescription {
  const bytes = Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
  const found = detectFileKind(bytes);
  const kind = found === 'png' || found === 'jpeg' ? found : claimedKind(dataUri);
  return { format: kind === 'png' ? 'PNG' : 'JPEG', size: sizeOf(bytes) };
}

function claimedKind(dataUri: string): 'png' | 'jpeg' {
  return dataUri.startsWith('data:image/png') ? 'png' : 'jpeg';
}

function sizeOf(bytes: Uint8Array): PictureDescription['size'] {
  try {
    // image-size reads beyond the end of a view, so it gets a buffer of its own.
    const { width, height } = imageSize(new Uint8Array(bytes));
    return { widthPx: width, heightPx: height };
  } catch {
    return undefined;
  }
}
