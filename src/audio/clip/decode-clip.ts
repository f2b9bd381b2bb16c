import { AttachmentError } from '../../errors.ts';
import { type BuiltInFormat, isBuiltIn } from './audio-format.ts';
import { type Clip, clipOf, formatOf } from './clip.ts';
import { decodeWav } from './decode-wav.ts';

type Decode = (bytes: Uint8Array) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** Libraries are loaded on first use: loading takes as long as starting a thread, and most clips are WAV. */
const DECODERS: Readonly<Record<BuiltInFormat, () => Promise<Decode>>> = {
  wav: async () => decodeWav,
  mp3: async () => (await import('./decode-mp3.ts')).decodeMp3,
  opus: async () => (await import('./decode-opus.ts')).decodeOpus,
};

/**
 * Decodes a clip of a built-in format. This blocks the thread for a while: on the main thread use `createClipDecoder`.
 * Rejects with an AttachmentError: `too_large`, `too_long`, `kind_unknown`, `kind_unsupported`, `damaged`; with another
 * error where a library fails at damage.
 */
export async function decodeClip(bytes: Uint8Array): Promise<Clip> {
  const format = formatOf(bytes);
  if (!isBuiltIn(format)) throw new AttachmentError('kind_unsupported', `${format} needs ffmpeg`);
  const decode = await DECODERS[format]();
  return clipOf(await decode(bytes), format);
}
