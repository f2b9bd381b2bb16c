import { AttachmentError } from '../../errors.ts';
import { ClipSink } from './clip-sink.ts';
import { readWavHeader } from './wav-header.ts';

/** Reads one sample, full scale from -1 to 1. */
type ReadSample = (view: DataView, at: number) => number;

/** The readers by format tag (1 integer, 3 float, 6 A-law, 7 mu-law) and bytes per sample. */
const READERS: Readonly<Record<string, ReadSample>> = {
  // Only samples of 8 bits are unsigned.
  '1/1': (view, at) => (view.getUint8(at) - 0x80) / 0x80,
  '1/2': (view, at) => view.getInt16(at, true) / 0x8000,
  '1/3': (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 0x800000,
  '1/4': (view, at) => view.getInt32(at, true) / 0x80000000,
  '3/4': (view, at) => finite(view.getFloat32(at, true)),
  '3/8': (view, at) => finite(view.getFloat64(at, true)),
  '6/1': (view, at) => fromALaw(view.getUint8(at)) / 0x8000,
  '7/1': (view, at) => fromMuLaw(view.getUint8(at)) / 0x8000,
};
const FRAMES_PER_CHUNK = 8_192;

/** Throws `kind_unsupported` for compressed codings. */
export function decodeWav(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { tag, channels, rateHz, bytesPerSample, data } = readWavHeader(bytes);
  const readSample = READERS[`${tag}/${bytesPerSample}`];
  if (readSample === undefined) {
    throw new AttachmentError('kind_unsupported', `a WAV of format ${tag} with ${bytesPerSample} bytes per sample`);
  }
  const frameBytes = channels * bytesPerSample;
  const frames = Math.floor(data.byteLength / frameBytes);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const sink = new ClipSink(rateHz);
  for (let frame = 0; frame < frames; frame += FRAMES_PER_CHUNK) {
    const mono = new Float32Array(Math.min(FRAMES_PER_CHUNK, frames - frame));
    for (let index = 0; index < mono.length; index++) {
      const at = (frame + index) * frameBytes;
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += readSample(view, at + channel * bytesPerSample);
      mono[index] = sum / channels;
    }
    sink.add(mono);
  }
  return sink.end();
}

/** In a filter, NaN or infinity would silence the samples around it. */
function finite(sample: number): number {
  return Number.isFinite(sample) ? sample : 0;
}

/** Decodes a byte of ITU-T G.711 mu-law to a 16 bit sample. */
function fromMuLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 0x07)) - 0x84;
  return (bits & 0x80) !== 0 ? -magnitude : magnitude;
}

/** Decodes a byte of ITU-T G.711 A-law to a 16 bit sample. */
function fromALaw(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 0x07;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (bits & 0x80) !== 0 ? magnitude : -magnitude;
}
