import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../pcm.ts';
import { MAX_CLIP_SAMPLES, refuseLong } from './clip.ts';
import { Resampler } from './resampler.ts';

const STEP_BYTES = 512 * 1024;

/** Takes decoded sound of one rate piece by piece and keeps what becomes of it: PCM of 16 bit, mono, 24 kHz. */
export class ClipSink {
  readonly #resampler: Resampler;
  /** Grows in place, so that there is never a second one. */
  readonly #buffer = new ArrayBuffer(0, { maxByteLength: MAX_CLIP_SAMPLES * BYTES_PER_SAMPLE });
  #samples = 0;

  constructor(rateHz: number) {
    this.#resampler = new Resampler(rateHz);
  }

  /**
   * One channel, full scale from -1 to 1; what is louder is cut off there. Takes its memory as well: it is empty then.
   * Throws `too_long` at the limit.
   */
  add(mono: Float32Array): void {
    const sound = this.#resampler.push(mono);
    this.#write(sound);
    release(mono);
    // At 24 kHz it is the same.
    if (sound !== mono) release(sound);
  }

  end(): Uint8Array<ArrayBuffer> {
    this.#write(this.#resampler.end());
    return new Uint8Array(this.#buffer.transferToFixedLength(this.#samples * BYTES_PER_SAMPLE));
  }

  #write(sound: Float32Array): void {
    const from = this.#samples;
    this.#samples += sound.length;
    refuseLong(this.#samples, SAMPLE_RATE_HZ);
    const needed = this.#samples * BYTES_PER_SAMPLE;
    if (needed > this.#buffer.byteLength) {
      this.#buffer.resize(Math.min(Math.ceil(needed / STEP_BYTES) * STEP_BYTES, this.#buffer.maxByteLength));
    }
    const place = new Int16Array(this.#buffer, from * BYTES_PER_SAMPLE, sound.length);
    for (let index = 0; index < sound.length; index++) {
      place[index] = Math.max(-0x8000, Math.min(0x7fff, Math.round((sound[index] as number) * 0x8000)));
    }
  }
}

/** The mean of all channels, put into the first of them; the memory of the others is given back. */
export function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(), ...others] = channels;
  for (const channel of others) {
    for (let at = 0; at < first.length; at++) first[at] = (first[at] as number) + (channel[at] as number);
    release(channel);
  }
  if (others.length === 0) return first;
  for (let at = 0; at < first.length; at++) first[at] = (first[at] as number) / channels.length;
  return first;
}

/** At once: decoders make tens of megabytes a minute, which would wait for their end until garbage is collected. */
function release({ buffer }: Float32Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
