import { once } from 'node:events';
import { authorizationFor } from '../../src/attachments/attachment-path.ts';
import { fetchSafely } from '../../src/attachments/safe-fetch.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Order, Outcome, Report } from './far-end.ts';
import { fetchDeps, names, networkTo } from './trap.ts';

/**
 * Fetches in a process of its own, which trusts the test's certificate from its start. The network leads the test's
 * public addresses to its server, and every other address to the trap.
 */
const [serverPort, trapPort] = process.argv.slice(2).map(Number);
const TIMEOUT_MS = 8_000;

async function carryOut({ url, rules, resolves, serverAt, key, maxBytes }: Order): Promise<Report> {
  const resolver = names(resolves);
  const isServer = (address: string) => serverAt.includes(address);
  const network = networkTo((address) => (isServer(address) ? serverPort : trapPort) ?? 0);
  const waitedMs: number[] = [];
  const clock: Clock = {
    ...systemClock,
    after(delayMs, run) {
      if (delayMs === TIMEOUT_MS) return systemClock.after(delayMs, run);
      waitedMs.push(delayMs);
      return systemClock.after(0, run);
    },
  };
  const deps = fetchDeps({ clock, lookup: resolver.lookup, connect: network.connect });
  const request = {
    ...{ url, rules, maxBytes, timeoutMs: TIMEOUT_MS, signal: new AbortController().signal },
    ...(key === undefined
      ? {}
      : {
          authorization: (asked: URL) => authorizationFor(asked, key.serviceUrl, async () => key.token),
        }),
  };
  const outcome = await fetchSafely(request, deps).then(
    (bytes): Outcome => ({ text: Buffer.from(bytes).toString() }),
    (error): Outcome => ({ code: error.code, message: error.message, cause: error.cause?.message }),
  );
  return { outcome, asked: resolver.asked, made: network.made, waitedMs };
}

process.on('message', async (order: Order) => process.send?.(await carryOut(order)));
await once(process, 'disconnect');
