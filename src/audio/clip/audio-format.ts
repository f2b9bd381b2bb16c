import { isAdts } from './adts.ts';
import { ascii } from './ascii.ts';
import { afterId3, isMp3 } from './mp3-frames.ts';

/**
 * The format of a clip. `opus` is Opus in Ogg, `ogg` is anything else in Ogg; `m4a` is the whole family of MP4 and
 * QuickTime, `aac` is bare (ADTS), `webm` includes Matroska.
 */
export type AudioFormat = BuiltInFormat | 'ogg' | 'm4a' | 'aac' | 'webm' | 'flac' | 'amr' | 'aiff' | 'caf';

/** Formats that are decoded without ffmpeg. */
export type BuiltInFormat = 'wav' | 'mp3' | 'opus';

export function isBuiltIn(format: AudioFormat): format is BuiltInFormat {
  return format === 'wav' || format === 'mp3' || format === 'opus';
}

/** Brands of ISO base media files that are pictures: HEIF and AVIF. */
const PICTURE_BRANDS = /^(hei[cmsx]|hev[cmsx]|mif1|msf1|avi[fs]|crx )$/;
/** The offset of the first packet in an Ogg page with one packet shorter than 255 bytes. */
const FIRST_PACKET_AT = 28;

/** Detects the format by the first bytes, never by a name; `undefined` if it is not a known audio format. */
export function detectAudioFormat(bytes: Uint8Array): AudioFormat | undefined {
  const magic = ascii(bytes, 0, 4);
  if ((magic === 'RIFF' || magic === 'RF64') && ascii(bytes, 8, 4) === 'WAVE') return 'wav';
  if (magic === 'FORM' && /^AIF[FC]$/.test(ascii(bytes, 8, 4))) return 'aiff';
  if (magic === 'OggS') return ascii(bytes, FIRST_PACKET_AT, 8) === 'OpusHead' ? 'opus' : 'ogg';
  if (magic === '\x1a\x45\xdf\xa3') return 'webm';
  if (magic === 'caff') return 'caf';
  if (ascii(bytes, 0, 5) === '#!AMR') return 'amr';
  if (ascii(bytes, 4, 4) === 'ftyp') return PICTURE_BRANDS.test(ascii(bytes, 8, 4)) ? undefined : 'm4a';
  const start = afterId3(bytes);
  if (ascii(bytes, start, 4) === 'fLaC') return 'flac';
  if (isAdts(bytes, start)) return 'aac';
  // An ID3 tag belongs to an MP3, even if the MP3 itself is missing.
  return start > 0 || isMp3(bytes) ? 'mp3' : undefined;
}
