import { AttachmentError } from '../../errors.ts';
import { ascii } from './ascii.ts';

export interface WavFormat {
  /** The format tag, which says how samples are coded. */
  readonly tag: number;
  readonly channels: number;
  readonly rateHz: number;
  /** The container of one sample of one channel; samples of fewer bits use its highest bits. */
  readonly bytesPerSample: number;
}

export interface WavHeader extends WavFormat {
  /** The samples that the file has. */
  readonly data: Uint8Array;
}

const EXTENSIBLE = 0xfffe;
const UNKNOWN_LENGTH = 0xffffffff;
const MIN_RATE_HZ = 1_000;
const MAX_RATE_HZ = 384_000;
const MAX_CHANNELS = 32;
/** Limits the chunks before the samples; zeros count as empty chunks. */
const MAX_CHUNKS = 1_000;

/**
 * Reads the chunks of a WAV (RIFF, or RF64 as in EBU Tech 3306) up to its samples. A length beyond the end means the
 * rest of the file. So do 0 and all ones, which programs write to a pipe. Throws `damaged`.
 */
export function readWavHeader(bytes: Uint8Array): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: WavFormat | undefined;
  let longLength = 0;
  let at = 12;
  for (let chunks = 0; chunks < MAX_CHUNKS && at + 8 <= bytes.length; chunks++) {
    const name = ascii(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === 'ds64' && body + 16 <= bytes.length) longLength = Number(view.getBigUint64(body + 8, true));
    if (name === 'fmt ') format = readFormat(view, body, length);
    if (name === 'data' && format !== undefined) {
      const dataLength = length === UNKNOWN_LENGTH ? longLength : length;
      return { ...format, data: bytes.subarray(body, dataLength === 0 ? undefined : body + dataLength) };
    }
    at = body + length + (length % 2);
  }
  throw new AttachmentError('damaged', `a WAV without ${format === undefined ? 'a format' : 'samples'}`);
}

function readFormat(view: DataView, at: number, length: number): WavFormat {
  if (length < 16 || at + 16 > view.byteLength) throw new AttachmentError('damaged', 'a WAV with half a format');
  const tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rateHz = view.getUint32(at + 4, true);
  const containerBytes = view.getUint16(at + 12, true) / channels;
  const bits = view.getUint16(at + 14, true);
  if (channels < 1 || channels > MAX_CHANNELS || rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) {
    throw new AttachmentError('damaged', `a WAV of ${channels} channels and ${rateHz} Hz`);
  }
  const isExtended = tag === EXTENSIBLE && length >= 26 && at + 26 <= view.byteLength;
  const isContainer = Number.isInteger(containerBytes) && containerBytes > 0 && containerBytes * 8 >= bits;
  return {
    // The format of the extension is a GUID that begins with the tag.
    tag: isExtended ? view.getUint16(at + 24, true) : tag,
    channels,
    rateHz,
    bytesPerSample: isContainer ? containerBytes : Math.ceil(bits / 8),
  };
}
