import type { ClipDecoder } from '../audio/clip/clip-decoder.ts';
import { AttachmentError } from '../errors.ts';
import { detectFileType, type FileKind } from './detect-file-type.ts';
import { isPageName } from './file-name.ts';
import type { SentFile } from './message-parts.ts';
import type { PictureReader } from './picture.ts';
import { quotedTextFile, readTextFile } from './text-file.ts';

/** A file as the model can be given it. */
export type ReadFile =
  /** PCM16 LE mono 24 kHz. */
  | { readonly kind: 'sound'; readonly name: string | undefined; readonly pcm: Uint8Array; readonly durationMs: number }
  | { readonly kind: 'picture'; readonly name: string | undefined; readonly dataUri: string }
  /** `text`: as `quotedTextFile` gives it. */
  | { readonly kind: 'text'; readonly name: string | undefined; readonly text: string };

/** What reads each kind. */
export interface FileReaders {
  readonly clips: Pick<ClipDecoder, 'decode'>;
  readonly pictures: Pick<PictureReader, 'read'>;
}

/** Not MPEG-2, which browsers take TypeScript for. */
const NO_TEXT = /^(?:image|audio|video)\/(?!mp2t$)/;

/**
 * Reads a file by what it is, whatever its sender says it is; but a text in place of a picture or a sound is somebody
 * else's, such as a service's description of the attachment. Rejects with an AttachmentError, or with the reason of an
 * aborted `signal`.
 */
export async function readFile(
  { name, claimedType }: Pick<SentFile, 'name' | 'claimedType'>,
  bytes: Uint8Array,
  { clips, pictures }: FileReaders,
  signal: AbortSignal,
): Promise<ReadFile> {
  const kind = detectFileType(bytes);
  switch (way(kind)) {
    case 'sound': {
      const { pcm, durationMs } = await clips.decode(bytes, signal);
      return { kind: 'sound', name, pcm, durationMs };
    }
    case 'picture':
      return { kind: 'picture', name, dataUri: (await pictures.read(bytes, signal)).dataUri };
    case 'text':
      if (NO_TEXT.test(claimedType))
        throw new AttachmentError('kind_unknown', 'a text in place of a picture or a sound');
      return { kind: 'text', name, text: quotedTextFile(name, readTextFile(bytes)) };
    case 'page':
      if (isPageName(name)) throw new AttachmentError('kind_unsupported', 'a page, under a name of its kind');
      throw new AttachmentError('page_instead', 'a page in place of a file');
    case 'none':
      throw new AttachmentError(kind === 'unknown' ? 'kind_unknown' : 'kind_unsupported', `a file of the kind ${kind}`);
  }
}

/** Who reads a kind. */
function way(kind: FileKind): 'sound' | 'picture' | 'text' | 'page' | 'none' {
  switch (kind) {
    case 'sound':
      return 'sound';
    case 'png':
    case 'jpeg':
    case 'gif':
    case 'bmp':
      return 'picture';
    case 'text':
      return 'text';
    // In place of a file, it is what a link for people leads to.
    case 'html':
      return 'page';
    case 'webp':
    case 'heic':
    case 'tiff':
    case 'svg':
    case 'pdf':
    case 'office':
    case 'zip':
    case 'video':
    case 'unknown':
      return 'none';
  }
}
