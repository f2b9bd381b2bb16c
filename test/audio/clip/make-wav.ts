import { toALaw, toMuLaw } from './g711.ts';

/** How a WAV is written. */
export interface WavFormat {
  readonly rateHz?: number;
  readonly channels?: number;
  readonly coding?: Coding;
  /** With the extended format, whose GUID has the format tag. */
  readonly isExtensible?: boolean;
  /** Chunks of other names, before the samples. */
  readonly before?: readonly Uint8Array[];
  /** The length in the header, instead of the real one. */
  readonly toldLength?: number;
}

export type Coding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64' | 'alaw' | 'mulaw';

interface Writing {
  readonly tag: number;
  readonly bytes: number;
  readonly write: (view: DataView, at: number, sample: number) => void;
}

const whole = (sample: number, full: number) => Math.max(-full, Math.min(full - 1, Math.round(sample * full)));

const WRITINGS: Readonly<Record<Coding, Writing>> = {
  u8: { tag: 1, bytes: 1, write: (view, at, sample) => view.setUint8(at, whole(sample, 0x80) + 0x80) },
  s16: { tag: 1, bytes: 2, write: (view, at, sample) => view.setInt16(at, whole(sample, 0x8000), true) },
  s24: {
    tag: 1,
    bytes: 3,
    write: (view, at, sample) => {
      const value = whole(sample, 0x800000);
      view.setUint16(at, value & 0xffff, true);
      view.setInt8(at + 2, value >> 16);
    },
  },
  s32: { tag: 1, bytes: 4, write: (view, at, sample) => view.setInt32(at, whole(sample, 0x80000000), true) },
  f32: { tag: 3, bytes: 4, write: (view, at, sample) => view.setFloat32(at, sample, true) },
  f64: { tag: 3, bytes: 8, write: (view, at, sample) => view.setFloat64(at, sample, true) },
  alaw: { tag: 6, bytes: 1, write: (view, at, sample) => view.setUint8(at, toALaw(whole(sample, 0x8000))) },
  mulaw: { tag: 7, bytes: 1, write: (view, at, sample) => view.setUint8(at, toMuLaw(whole(sample, 0x8000))) },
};

/** A chunk with its padding. */
export function chunk(name: string, body: Uint8Array, toldLength = body.length): Uint8Array {
  const bytes = Buffer.alloc(8 + body.length + (body.length % 2));
  bytes.write(name, 'latin1');
  bytes.writeUInt32LE(toldLength, 4);
  bytes.set(body, 8);
  return bytes;
}

export function riff(chunks: readonly Uint8Array[], name = 'RIFF'): Uint8Array<ArrayBuffer> {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return new Uint8Array(chunk(name, body));
}

/** A WAV with the same samples in each channel, or with these. */
export function makeWav(
  sounds: Float64Array | readonly Float64Array[],
  format: WavFormat = {},
): Uint8Array<ArrayBuffer> {
  const { rateHz = 24_000, coding = 's16', isExtensible = false, before = [], toldLength } = format;
  const channels = format.channels ?? (sounds instanceof Float64Array ? 1 : sounds.length);
  const { tag, bytes, write } = WRITINGS[coding];
  const header = Buffer.alloc(isExtensible ? 40 : 16);
  header.writeUInt16LE(isExtensible ? 0xfffe : tag);
  header.writeUInt16LE(channels, 2);
  header.writeUInt32LE(rateHz, 4);
  header.writeUInt32LE(rateHz * channels * bytes, 8);
  header.writeUInt16LE(channels * bytes, 12);
  header.writeUInt16LE(8 * bytes, 14);
  if (isExtensible) {
    header.writeUInt16LE(22, 16);
    header.writeUInt16LE(tag, 24);
    header.set(Buffer.from('000000001000800000aa00389b71', 'hex'), 26);
  }
  const soundOf = (channel: number) => (sounds instanceof Float64Array ? sounds : (sounds[channel] as Float64Array));
  const frames = soundOf(0).length;
  const data = new Uint8Array(frames * channels * bytes);
  const view = new DataView(data.buffer);
  for (let channel = 0; channel < channels; channel++) {
    const sound = soundOf(channel);
    for (let frame = 0; frame < frames; frame++) write(view, (frame * channels + channel) * bytes, sound[frame] ?? 0);
  }
  return riff([chunk('fmt ', header), ...before, chunk('data', data, toldLength)]);
}
