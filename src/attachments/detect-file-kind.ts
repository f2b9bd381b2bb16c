import { detectAudioFormat } from '../audio/clip/audio-format.ts';
import { hasVideoTrack } from './iso-media.ts';
import { decodeText } from './text-file.ts';

/**
 * The kinds of files and their readers; `none` means that the kind is not read. `heic` includes AVIF and similar
 * formats, `office` the documents of Microsoft Office and OpenDocument, `audio` all formats of src/audio.
 */
export const FILE_KINDS = {
  png: 'picture',
  jpeg: 'picture',
  gif: 'picture',
  bmp: 'picture',
  webp: 'none',
  heic: 'none',
  tiff: 'none',
  svg: 'none',
  pdf: 'none',
  office: 'none',
  zip: 'none',
  audio: 'audio',
  video: 'none',
  html: 'page',
  text: 'text',
  unknown: 'none',
} as const satisfies Record<string, 'audio' | 'picture' | 'text' | 'page' | 'none'>;

export type FileKind = keyof typeof FILE_KINDS;

/** A part of a signature: its offset, and characters that stand for one byte each. */
type Signature = readonly [at: number, chars: string];

/** The signatures ("magic numbers") of file formats. The first row whose parts all match decides. */
const SIGNATURES: readonly (readonly [kind: FileKind, ...parts: Signature[]])[] = [
  ['png', [0, '\x89PNG\r\n\x1a\n']],
  ['jpeg', [0, '\xff\xd8\xff']],
  ['gif', [0, 'GIF87a']],
  ['gif', [0, 'GIF89a']],
  // Two letters alone could begin a text. The four bytes are reserved, and zero.
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
  ['audio', [0, 'RF64'], [8, 'WAVE']],
  ['audio', [0, '#!AMR']],
  // Audio files of this brand may have a video track for their chapters.
  ['audio', [4, 'ftypM4A']],
  ['audio', [4, 'ftypM4B']],
  ['video', [0, 'RIFF'], [8, 'AVI ']],
  ['video', [0, '\0\0\x01\xba']],
  ['video', [0, 'FLV\x01']],
  ['video', [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11']],
];

const ISO_MEDIA: Signature = [4, 'ftyp'];
/** The bytes that are checked to tell text from other kinds. */
const TEXT_SAMPLE_BYTES = 64 * 1024;
const MAX_PROLOGUE_CHARS = 4_096;

/** Detects the kind of a file by its content. Its name and the type that its sender claims are ignored. */
export function detectFileKind(bytes: Uint8Array): FileKind {
  const [kind] = SIGNATURES.find(([, ...parts]) => parts.every((part) => matches(bytes, part))) ?? [];
  if (kind !== undefined) return kind;
  if (matches(bytes, ISO_MEDIA)) return kindOfIsoMedia(bytes);
  const text = decodeText(bytes.subarray(0, TEXT_SAMPLE_BYTES), { isCut: bytes.length > TEXT_SAMPLE_BYTES });
  // Check text first: an audio frame begins like the byte order mark of UTF-16.
  if (text !== undefined) return kindOfText(text);
  return detectAudioFormat(bytes) !== undefined ? 'audio' : 'unknown';
}

/** Phones and Windows give audio files the brands of videos, so only the tracks tell them apart. */
function kindOfIsoMedia(bytes: Uint8Array): FileKind {
  if (detectAudioFormat(bytes) === undefined) return 'heic';
  return hasVideoTrack(bytes) ? 'video' : 'audio';
}

function matches(bytes: Uint8Array, [at, chars]: Signature): boolean {
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
