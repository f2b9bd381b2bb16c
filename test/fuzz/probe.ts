import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTick } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What the bot's process tells of itself. */
export interface Figures {
  /** `heapUsed` and `external`, after garbage was collected. */
  readonly memoryBytes: number;
  readonly peakRssBytes: number;
  /** Sockets of the process, those of the probe left out. */
  readonly sockets: number;
}

/** Name of the line that gives the probe's port, in the bot's log. */
export const PROBE_LINE = 'probe listens';

/**
 * Preloaded into the bot's process (`--import`): a door of its own, past the bot, through which a test sees its memory.
 * Nothing happens in a process that is not told to by FUZZ_PROBE.
 */
if (process.env['FUZZ_PROBE'] === 'on') startProbe();

function startProbe(): void {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const probe = createServer(async (request, response) => {
    // Finalizers run between collections, and let go of more.
    for (let times = 0; times < 4; times++) {
      collectGarbage();
      await nextTick();
    }
    const { heapUsed, external } = process.memoryUsage();
    const wraps = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
    const figures: Figures = {
      memoryBytes: heapUsed + external,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      sockets: wraps.length - 1,
    };
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
