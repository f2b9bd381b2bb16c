import { megabytes } from '../support/kit/report.ts';
import type { MemorySample } from './bot-watch.ts';

/** Shorter runs are not conclusive. */
const MIN_MINUTES = 4;
/** Bounded caches of ids, conversations and statements still fill up. The heap is measured after a collection. */
const MAX_GROWTH = { memoryBytes: 8 * 1_048_576, rss: 48 * 1_048_576 } as const;

/** Reports instances whose memory grew too much after the first half of the run. */
export function growthOf(memory: readonly MemorySample[]): string[] {
  const lastMinute = Math.max(...memory.map(({ atMinute }) => atMinute));
  if (lastMinute < MIN_MINUTES) return [];
  return [...Map.groupBy(memory, ({ instance }) => instance)].flatMap(([instance, samples]) => {
    const warm = samples.filter(({ atMinute }) => atMinute >= 0.25 * lastMinute && atMinute <= 0.6 * lastMinute);
    const late = samples.filter(({ atMinute }) => atMinute > 0.8 * lastMinute);
    if (warm.length === 0 || late.length === 0) return [];
    return (['memoryBytes', 'rss'] as const).flatMap((name) => {
      const growth = Math.min(...late.map((each) => each[name])) - Math.max(...warm.map((each) => each[name]));
      const isTooMuch = growth > MAX_GROWTH[name];
      return isTooMuch
        ? [`memory grew: instance ${instance}, ${name} by ${megabytes(growth)} after its first half`]
        : [];
    });
  });
}
