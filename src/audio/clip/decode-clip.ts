import { AttachmentError } from '../../errors.ts';
import { type BuiltInFormat, detectAudioFormat, isBuiltIn } from './audio-format.ts';
import { type Clip, clipOf, refuseLarge } from './clip.ts';
import { decodeWav } from './decode-wav.ts';

/**
 * What a user sent as PCM. It takes the processor for a while: on the main thread use `createClipDecoder`. Rejects with
 * an AttachmentError: `too_large`, `too_long`, `kind_unknown`, `kind_unsupported` for what only ffmpeg reads, `damaged`;
 * with another error where a library fails at damage.
 */
export async function decodeClip(bytes: Uint8Array): Promise<Clip> {
  refuseLarge(bytes.byteLength);
  const kind = detectAudioFormat(bytes);
  if (kind === undefined) throw new AttachmentError('kind_unknown', 'no kind of sound that is known');
  if (!isBuiltIn(kind)) throw new AttachmentError('kind_unsupported', `${kind} is read by ffmpeg alone`);
  return clipOf(await decodeAs(kind, bytes), kind);
}

/** The libraries are loaded when they are needed: that takes as long as the start of a thread, and most are WAVs. */
async function decodeAs(kind: BuiltInFormat, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  switch (kind) {
    case 'wav':
      return decodeWav(bytes);
    case 'mp3':
      return (await import('./decode-mp3.ts')).decodeMp3(bytes);
    case 'opus':
      return (await import('./decode-opus.ts')).decodeOpus(bytes);
  }
}
