import { monitorEventLoopDelay } from 'node:perf_hooks';

// Loaded into the bot's process (`--import`, with `--expose-gc`): says what the process holds, whenever it is asked.

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const count = (name: string) => resources.filter((each) => each === name).length;
  const sample = {
    ...{ heapUsed, rss, arrayBuffers, sockets: count('TCPSocketWrap'), timers: count('Timeout') },
    longestDelayMs: Math.round(delay.max / 1e6),
  };
  delay.reset();
  // Not standard output: that is the log's.
  process.stderr.write(`${JSON.stringify(sample)}\n`);
});
