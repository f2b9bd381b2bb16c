import { isAdts } from './adts.ts';
import { ascii } from './ascii.ts';
import { afterId3, isMp3 } from './mp3-frames.ts';

/**
 * What a sound comes in. `opus` is Opus in Ogg, `ogg` is anything else in Ogg; `m4a` is the whole family of MP4 and
 * QuickTime, `aac` is bare (ADTS), `webm` is Matroska as well.
 */
export type AudioFormat = 'wav' | 'mp3' | 'opus' | 'ogg' | 'm4a' | 'aac' | 'webm' | 'flac' | 'amr' | 'aiff' | 'caf';

const OWN_KINDS = ['wav', 'mp3', 'opus'] as const satisfies readonly AudioFormat[];

/** What is read without ffmpeg. */
export type BuiltInFormat = (typeof OWN_KINDS)[number];

export function isBuiltIn(kind: AudioFormat): kind is BuiltInFormat {
  return (OWN_KINDS as readonly AudioFormat[]).includes(kind);
}

/** Brands of ISO base media files that are pictures: HEIF and AVIF. */
const PICTURE_BRANDS = /^(hei[cmsx]|hev[cmsx]|mif1|msf1|avi[fs]|crx )$/;
/** Where the first packet lies in an Ogg page that holds one packet shorter than 255 bytes. */
const FIRST_PACKET_AT = 28;

/** Tells a sound by what is in it, never by a name; undefined when it is none that is known. Looks at its start only. */
export function detectAudioFormat(bytes: Uint8Array): AudioFormat | undefined {
  const four = ascii(bytes, 0, 4);
  if ((four === 'RIFF' || four === 'RF64') && ascii(bytes, 8, 4) === 'WAVE') return 'wav';
  if (four === 'FORM' && /^AIF[FC]$/.test(ascii(bytes, 8, 4))) return 'aiff';
  if (four === 'OggS') return ascii(bytes, FIRST_PACKET_AT, 8) === 'OpusHead' ? 'opus' : 'ogg';
  if (four === '\x1a\x45\xdf\xa3') return 'webm';
  if (four === 'caff') return 'caf';
  if (ascii(bytes, 0, 5) === '#!AMR') return 'amr';
  if (ascii(bytes, 4, 4) === 'ftyp') return PICTURE_BRANDS.test(ascii(bytes, 8, 4)) ? undefined : 'm4a';
  const start = afterId3(bytes);
  if (ascii(bytes, start, 4) === 'fLaC') return 'flac';
  if (isAdts(bytes, start)) return 'aac';
  // A tag of this kind belongs to an MP3, though nothing of that may be left.
  return start > 0 || isMp3(bytes) ? 'mp3' : undefined;
}
