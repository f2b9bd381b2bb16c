import type { ClipDecoder } from '../audio/clip/clip-decoder.ts';
import { AttachmentError } from '../errors.ts';
import { detectFileKind, FILE_KINDS } from './detect-file-kind.ts';
import { isPageName } from './file-name.ts';
import type { SentFile } from './message-parts.ts';
import type { PictureReader } from './picture.ts';
import { quotedTextFile, readTextFile } from './text-file.ts';

/** A file in a form that the model accepts. */
export type ReadFile =
  /** `pcm` is PCM16 LE mono 24 kHz. */
  | { readonly kind: 'audio'; readonly pcm: Uint8Array }
  | { readonly kind: 'picture'; readonly dataUri: string }
  /** `text` is the result of `quotedTextFile`. */
  | { readonly kind: 'text'; readonly text: string };

export interface FileReaders {
  readonly clips: Pick<ClipDecoder, 'decode'>;
  readonly pictures: Pick<PictureReader, 'read'>;
}

/** The types of pictures, audio and video, but not `video/mp2t`: browsers give it to `.ts` files. */
const CLAIMS_MEDIA = /^(?:image|audio|video)\/(?!mp2t$)/;

/**
 * Reads a file by its content, whatever type its sender claims. But a text instead of a picture or audio is refused: it
 * may be the service's description of the attachment. Rejects with an AttachmentError, or with the reason of an aborted
 * `signal`.
 */
export async function readFile(
  { name, claimedType }: Pick<SentFile, 'name' | 'claimedType'>,
  bytes: Uint8Array,
  { clips, pictures }: FileReaders,
  signal: AbortSignal,
): Promise<ReadFile> {
  const kind = detectFileKind(bytes);
  switch (FILE_KINDS[kind]) {
    case 'audio':
      return { kind: 'audio', pcm: await clips.decode(bytes, signal) };
    case 'picture':
      return { kind: 'picture', dataUri: await pictures.read(bytes, signal) };
    case 'text':
      if (CLAIMS_MEDIA.test(claimedType))
        throw new AttachmentError('kind_unknown', 'a text in place of a picture or audio');
      return { kind: 'text', text: quotedTextFile(name, readTextFile(bytes)) };
    case 'page':
      if (isPageName(name)) throw new AttachmentError('kind_unsupported', 'an HTML file');
      throw new AttachmentError('page_instead', 'a page in place of a file');
    case 'none':
      throw new AttachmentError(kind === 'unknown' ? 'kind_unknown' : 'kind_unsupported', `a file of the kind ${kind}`);
  }
}
