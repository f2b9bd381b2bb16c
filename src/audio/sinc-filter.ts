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
  const weights = Float64Array.from({ length: 2 * half }, (_, tap) => {
    const distance = tap - (half - 1) - fraction;
    return sinc(distance * cutoff) * kaiser(distance / half, beta);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Float32Array.from(weights, (weight) => weight / total);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window, from -1 to 1. */
function kaiser(x: number, beta: number): number {
  return Math.abs(x) > 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x)) / besselI0(beta);
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
