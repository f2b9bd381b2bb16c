import { AttachmentError } from '../../errors.ts';
import { refuseLong } from './clip.ts';
import { ClipSink } from './clip-sink.ts';
import { fromALaw, fromMuLaw } from './g711.ts';
import { readWavHeader, WAV_CODING, type WavHeader } from './wav-header.ts';

/** One sample, full scale from -1 to 1. */
type ReadSample = (view: DataView, at: number) => number;

const FRAMES_A_PIECE = 8_192;

const INTEGERS: Readonly<Record<number, ReadSample>> = {
  // Only samples of 8 bits are unsigned.
  1: (view, at) => (view.getUint8(at) - 0x80) / 0x80,
  2: (view, at) => view.getInt16(at, true) / 0x8000,
  3: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 0x800000,
  4: (view, at) => view.getInt32(at, true) / 0x80000000,
};
const FLOATS: Readonly<Record<number, ReadSample>> = {
  4: (view, at) => finite(view.getFloat32(at, true)),
  8: (view, at) => finite(view.getFloat64(at, true)),
};
const MU_LAW: Readonly<Record<number, ReadSample>> = { 1: (view, at) => fromMuLaw(view.getUint8(at)) };
const A_LAW: Readonly<Record<number, ReadSample>> = { 1: (view, at) => fromALaw(view.getUint8(at)) };

/** Throws `kind_unsupported` for a coding inside that is none of the plain ones. */
export function decodeWav(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = readWavHeader(bytes);
  const read = readerOf(header);
  const { channels, rateHz, bytesPerSample, data } = header;
  const frameBytes = channels * bytesPerSample;
  const frames = Math.floor(data.byteLength / frameBytes);
  refuseLong(frames, rateHz);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const sink = new ClipSink(rateHz);
  for (let frame = 0; frame < frames; frame += FRAMES_A_PIECE) {
    const piece = new Float32Array(Math.min(FRAMES_A_PIECE, frames - frame));
    for (let index = 0; index < piece.length; index++) {
      const at = (frame + index) * frameBytes;
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += read(view, at + channel * bytesPerSample);
      piece[index] = sum / channels;
    }
    sink.add(piece);
  }
  return sink.end();
}

function readerOf({ tag, bytesPerSample }: WavHeader): ReadSample {
  const read = readersOf(tag)?.[bytesPerSample];
  if (read !== undefined) return read;
  throw new AttachmentError('kind_unsupported', `a WAV of format ${tag} with ${bytesPerSample} bytes a sample`);
}

function readersOf(tag: number): Readonly<Record<number, ReadSample>> | undefined {
  if (tag === WAV_CODING.integer) return INTEGERS;
  if (tag === WAV_CODING.float) return FLOATS;
  if (tag === WAV_CODING.muLaw) return MU_LAW;
  return tag === WAV_CODING.aLaw ? A_LAW : undefined;
}

/** What is no number would silence its whole neighbourhood in a filter. */
function finite(sample: number): number {
  return Number.isFinite(sample) ? sample : 0;
}
