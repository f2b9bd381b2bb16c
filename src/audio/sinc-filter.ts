/** How a filter is cut out of an endless one. */
export interface SincFilter {
  /** Samples before and behind the place that is asked for. */
  readonly half: number;
  /** The highest frequency that passes, as a share of half the rate of the samples. */
  readonly cutoff: number;
  /** Of the Kaiser window: higher lets less through above, and takes more below. */
  readonly beta: number;
}

/** The weights of the samples around a place that lies `fraction` of a sample behind the middle one; together 1. */
export function sincFilter(fraction: number, { half, cutoff, beta }: SincFilter): Float32Array {
  const weights = new Float64Array(2 * half);
  let total = 0;
  for (let tap = 0; tap < weights.length; tap++) {
    const distance = tap - (half - 1) - fraction;
    const weight = sinc(distance * cutoff) * kaiser(distance / half, beta);
    weights[tap] = weight;
    total += weight;
  }
  return new Float32Array(weights.map((weight) => weight / total));
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window, from -1 to 1. Of any height: the weights are scaled to be 1 together. */
function kaiser(x: number, beta: number): number {
  return Math.abs(x) > 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x));
}

function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
