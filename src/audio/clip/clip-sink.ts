import { AttachmentError } from '../../errors.ts';
import { BYTES_PER_SAMPLE } from '../pcm.ts';
import { MAX_CLIP_SAMPLES, MAX_CLIP_SECONDS } from './clip.ts';
import { Resampler } from './resampler.ts';

const GROWTH_BYTES = 512 * 1024;

/** Collects decoded audio of one rate, chunk by chunk, as PCM of 16 bit, mono, 24 kHz. */
export class ClipSink {
  readonly #resampler: Resampler;
  /** The buffer grows in place: a copy would take the memory twice. */
  readonly #buffer = new ArrayBuffer(0, { maxByteLength: MAX_CLIP_SAMPLES * BYTES_PER_SAMPLE });
  #sampleCount = 0;

  constructor(rateHz: number) {
    this.#resampler = new Resampler(rateHz);
  }

  /**
   * One channel, full scale from -1 to 1; louder samples are clipped. Empties `mono`. Throws `too_long` at the limit.
   */
  add(mono: Float32Array): void {
    const audio = this.#resampler.push(mono);
    this.#write(audio);
    release(mono);
    // At 24 kHz the resampler returns the same array.
    if (audio !== mono) release(audio);
  }

  /** Returns all audio. Nothing can be added after it. */
  end(): Uint8Array<ArrayBuffer> {
    this.#write(this.#resampler.end());
    return new Uint8Array(this.#buffer.transferToFixedLength(this.#sampleCount * BYTES_PER_SAMPLE));
  }

  #write(audio: Float32Array): void {
    const start = this.#sampleCount * BYTES_PER_SAMPLE;
    this.#sampleCount += audio.length;
    if (this.#sampleCount > MAX_CLIP_SAMPLES) {
      throw new AttachmentError('too_long', `the audio takes more than ${MAX_CLIP_SECONDS} s`);
    }
    const end = this.#sampleCount * BYTES_PER_SAMPLE;
    if (end > this.#buffer.byteLength) {
      this.#buffer.resize(Math.min(Math.ceil(end / GROWTH_BYTES) * GROWTH_BYTES, this.#buffer.maxByteLength));
    }
    const samples = new Int16Array(this.#buffer, start, audio.length);
    for (let index = 0; index < audio.length; index++) {
      samples[index] = Math.max(-0x8000, Math.min(0x7fff, Math.round((audio[index] as number) * 0x8000)));
    }
  }
}

/** Writes the mean of all channels into the first one and releases the memory of the others. */
export function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(), ...others] = channels;
  for (const channel of others) {
    for (let at = 0; at < first.length; at++) first[at] = (first[at] as number) + (channel[at] as number);
    release(channel);
  }
  if (others.length > 0) for (let at = 0; at < first.length; at++) first[at] = (first[at] as number) / channels.length;
  return first;
}

/** Releases memory at once: decoders make tens of megabytes a minute, and garbage is collected too late. */
function release({ buffer }: Float32Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
