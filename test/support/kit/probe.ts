import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTick } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Resources of the bot's process after a garbage collection; memory in bytes. */
export interface Figures {
  /** JavaScript heap and external memory, such as buffers. */
  readonly memoryBytes: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly rss: number;
  readonly peakRssBytes: number;
  /** Sockets of the process, without those of the probe. */
  readonly sockets: number;
  readonly timers: number;
  /** The longest delay of the event loop since the last request, in milliseconds. */
  readonly longestDelayMs: number;
}

/** The path of a request without a garbage collection. */
export const UNCOLLECTED = '/uncollected';

/** The message of the log line with the probe's port. */
export const PROBE_LINE = 'probe listens';

// Preloaded into the bot's process (`--import`), and imported by tests for its types: only the former starts it.
if (process.env['BOT_PROBE'] === 'on') startProbe();

/** Listens on its own port, through which a test reads the figures. */
function startProbe(): void {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  // Reset the flag: V8 rejects code that was compiled under other flags, so the compile cache would be useless.
  setFlagsFromString('--no-expose-gc');
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const probe = createServer(async (request, response) => {
    const longestDelayMs = Math.round(delay.max / 1e6);
    // Finalizers between collections release more.
    for (let times = 0; times < (request.url === UNCOLLECTED ? 0 : 4); times++) {
      collectGarbage();
      await nextTick();
    }
    const resources = process.getActiveResourcesInfo();
    const count = (name: string) => resources.filter((each) => each === name).length;
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    const figures: Figures = {
      memoryBytes: heapUsed + external,
      heapUsed,
      arrayBuffers,
      rss,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      sockets: count('TCPSocketWrap') - 1,
      timers: count('Timeout'),
      longestDelayMs,
    };
    delay.reset();
    response.setHeader('connection', 'close');
    response.end(JSON.stringify(figures));
    request.resume();
  });
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ level: 'info', time: '-', msg: PROBE_LINE, port })}\n`);
  });
  probe.unref();
}
