import { detectAudioFormat } from '../audio/clip/audio-format.ts';
import { hasVideoTrack } from './iso-media.ts';
import { decodeText } from './text-file.ts';

/**
 * What a file is. `heic` stands for its relatives (AVIF) too, `office` for documents of Microsoft Office and
 * OpenDocument. `sound`: looks like sound; src/audio tells which.
 */
export type FileKind =
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'bmp'
  | 'webp'
  | 'heic'
  | 'tiff'
  | 'svg'
  | 'pdf'
  | 'office'
  | 'zip'
  | 'sound'
  | 'video'
  | 'html'
  | 'text'
  | 'unknown';

/** Characters, one for each byte, and where they stand. */
type Mark = readonly [at: number, chars: string];

/** By what a file is told; the first row whose marks are all there. */
const MARKS: readonly (readonly [kind: FileKind, ...marks: Mark[]])[] = [
  ['png', [0, '\x89PNG\r\n\x1a\n']],
  ['jpeg', [0, '\xff\xd8\xff']],
  ['gif', [0, 'GIF87a']],
  ['gif', [0, 'GIF89a']],
  // Two letters alone could begin a text: the four bytes are reserved, and zero.
  ['bmp', [0, 'BM'], [6, '\0\0\0\0']],
  ['webp', [0, 'RIFF'], [8, 'WEBP']],
  ['tiff', [0, 'II*\0']],
  ['tiff', [0, 'MM\0*']],
  ['pdf', [0, '%PDF-']],
  ['office', [0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']],
  ['office', [0, 'PK\x03\x04'], [30, '[Content_Types].xml']],
  ['office', [0, 'PK\x03\x04'], [30, 'mimetypeapplication/vnd.oasis.opendocument']],
  ['zip', [0, 'PK\x03\x04']],
  ['zip', [0, 'PK\x05\x06']],
  ['sound', [0, 'RIFF'], [8, 'WAVE']],
  ['sound', [0, 'RF64'], [8, 'WAVE']],
  ['sound', [0, 'FORM'], [8, 'AIF']],
  ['sound', [0, 'caff\0\x01']],
  ['sound', [0, 'ID3']],
  ['sound', [0, 'OggS']],
  ['sound', [0, 'fLaC']],
  ['sound', [0, '#!AMR']],
  // Matroska and WebM: what browsers record, mostly sound alone.
  ['sound', [0, '\x1a\x45\xdf\xa3']],
  // They may have a track of pictures for their chapters.
  ['sound', [4, 'ftypM4A']],
  ['sound', [4, 'ftypM4B']],
  ['video', [0, 'RIFF'], [8, 'AVI ']],
  ['video', [0, '\0\0\x01\xba']],
  ['video', [0, 'FLV\x01']],
  ['video', [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11']],
];

const ISO_MEDIA: Mark = [4, 'ftyp'];
/** More of a file is not looked at to tell a text from something else. */
const LOOKED_AT_BYTES = 64 * 1024;
const MAX_PROLOGUE_CHARS = 4_096;

/** Tells by its content what a file is; its name and the type that its sender claims say nothing. */
export function detectFileType(bytes: Uint8Array): FileKind {
  const marked = MARKS.find(([, ...marks]) => marks.every((mark) => stands(bytes, mark)));
  if (marked !== undefined) return marked[0];
  if (stands(bytes, ISO_MEDIA)) return kindOfIsoMedia(bytes);
  const text = decodeText(bytes.subarray(0, LOOKED_AT_BYTES), { isCut: bytes.length > LOOKED_AT_BYTES });
  // A frame of sound begins like the mark of UTF-16, so that a text comes first.
  if (text !== undefined) return kindOfText(text);
  return isAudioFrame(bytes) || detectAudioFormat(bytes) !== undefined ? 'sound' : 'unknown';
}

/** Telephones and Windows give their sounds the brands of films, so that only its tracks tell a sound from a film. */
function kindOfIsoMedia(bytes: Uint8Array): FileKind {
  if (detectAudioFormat(bytes) === undefined) return 'heic';
  return hasVideoTrack(bytes) ? 'video' : 'sound';
}

function stands(bytes: Uint8Array, [at, chars]: Mark): boolean {
  for (let i = 0; i < chars.length; i++) if (bytes[at + i] !== chars.charCodeAt(i)) return false;
  return true;
}

function kindOfText(text: string): FileKind {
  const beginning = text.slice(0, MAX_PROLOGUE_CHARS).trimStart().toLowerCase();
  if (beginning.startsWith('<!doctype html') || beginning.startsWith('<html')) return 'html';
  if (beginning.startsWith('<svg')) return 'svg';
  const isXml = beginning.startsWith('<?xml') || beginning.startsWith('<!');
  if (isXml && beginning.includes('<svg')) return 'svg';
  return isXml && beginning.includes('<html') ? 'html' : 'text';
}

/** A frame of MPEG audio (layer II or III) or of ADTS: 11 or 12 bits of sync, and no value that is reserved. */
function isAudioFrame([sync = 0, head = 0, rates = 0]: Uint8Array): boolean {
  if (sync !== 0xff || (head & 0xe0) !== 0xe0) return false;
  const layer = (head >> 1) & 0b11;
  if (layer === 0) return (head & 0xf0) === 0xf0 && ((rates >> 2) & 0b1111) < 13;
  const isKnownVersion = ((head >> 3) & 0b11) !== 1;
  return isKnownVersion && layer !== 3 && rates >> 4 !== 0b1111 && ((rates >> 2) & 0b11) !== 0b11;
}
