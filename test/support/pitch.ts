const RATE_HZ = 24_000;
/** Whole periods of every pitch that is tested. */
const WINDOW = RATE_HZ / 10;

/** A tone: PCM16 LE mono 24 kHz. */
export function toneOf(hertz: number, seconds: number, amplitude = 8_000): Buffer {
  const sampleCount = Math.round(seconds * RATE_HZ);
  const pcm = Buffer.alloc(2 * sampleCount);
  for (let index = 0; index < sampleCount; index++) {
    pcm.writeInt16LE(Math.round(amplitude * Math.sin((2 * Math.PI * hertz * index) / RATE_HZ)), 2 * index);
  }
  return pcm;
}

/** The loudest pitch, from 50 to 4,000 Hz in steps of 10 (Goertzel's algorithm). */
export function pitchOf(pcm: Buffer): number {
  const samples = Array.from({ length: Math.floor(pcm.byteLength / 2) }, (_, index) => pcm.readInt16LE(2 * index));
  let best = { hertz: 0, power: 0 };
  for (let hertz = 50; hertz <= 4_000; hertz += 10) {
    const power = powerAt(samples, hertz);
    if (power > best.power) best = { hertz, power };
  }
  return best.hertz;
}

function powerAt(samples: readonly number[], hertz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / RATE_HZ);
  let sum = 0;
  for (let start = 0; start + WINDOW <= samples.length; start += WINDOW) {
    let [one, two] = [0, 0];
    for (let index = start; index < start + WINDOW; index++) {
      [one, two] = [(samples[index] ?? 0) + turn * one - two, one];
    }
    sum += one * one + two * two - turn * one * two;
  }
  return sum;
}
