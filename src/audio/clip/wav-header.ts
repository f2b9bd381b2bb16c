import { AttachmentError } from '../../errors.ts';
import { ascii } from './ascii.ts';

/** How a WAV keeps its samples; the number is that of the format's tag. */
export const WAV_CODING = { integer: 1, float: 3, aLaw: 6, muLaw: 7 } as const;

export interface WavHeader {
  readonly tag: number;
  readonly channels: number;
  readonly rateHz: number;
  /** What one sample of one channel takes; of more bits than are used, the highest are. */
  readonly bytesPerSample: number;
  /** The samples, as far as they are there. */
  readonly data: Uint8Array;
}

const EXTENSIBLE = 0xfffe;
const UNKNOWN_LENGTH = 0xffffffff;
const MIN_RATE_HZ = 1_000;
const MAX_RATE_HZ = 384_000;
const MAX_CHANNELS = 32;
/** Before the samples; zeros are chunks of no length. */
const MAX_CHUNKS = 1_000;

/**
 * Reads the chunks of a WAV (RIFF, or RF64 as in EBU Tech 3306) up to its samples. Chunks that are not needed are passed
 * over. A length of 0 or of all ones, which programs leave that write to a pipe, and one beyond the end mean: all that
 * is there. Throws `damaged` where there is no sense to be made of it.
 */
export function readWavHeader(bytes: Uint8Array): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Omit<WavHeader, 'data'> | undefined;
  let longLength: number | undefined;
  let at = 12;
  for (let chunks = 0; chunks < MAX_CHUNKS && at + 8 <= bytes.length; chunks++) {
    const name = ascii(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === 'ds64' && body + 16 <= bytes.length) longLength = Number(view.getBigUint64(body + 8, true));
    if (name === 'fmt ') format = readFormat(view, body, length);
    if (name === 'data' && format !== undefined) {
      const told = length === UNKNOWN_LENGTH ? (longLength ?? 0) : length;
      return { ...format, data: bytes.subarray(body, told === 0 ? undefined : body + told) };
    }
    at = body + length + (length % 2);
  }
  throw new AttachmentError('damaged', `a WAV without ${format === undefined ? 'a format' : 'samples'}`);
}

function readFormat(view: DataView, at: number, length: number): Omit<WavHeader, 'data'> {
  if (length < 16 || at + 16 > view.byteLength) throw new AttachmentError('damaged', 'a WAV with half a format');
  const tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rateHz = view.getUint32(at + 4, true);
  const blockBytes = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (channels < 1 || channels > MAX_CHANNELS || rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) {
    throw new AttachmentError('damaged', `a WAV of ${channels} channels and ${rateHz} Hz`);
  }
  const isExtended = tag === EXTENSIBLE && length >= 26 && at + 26 <= view.byteLength;
  const bytesPerSample = blockBytes / channels;
  const isWhole = Number.isInteger(bytesPerSample) && bytesPerSample * 8 >= bits;
  return {
    // The extension's format is a GUID that begins with the tag.
    tag: isExtended ? view.getUint16(at + 24, true) : tag,
    channels,
    rateHz,
    bytesPerSample: isWhole && bytesPerSample > 0 ? bytesPerSample : Math.ceil(bits / 8),
  };
}
