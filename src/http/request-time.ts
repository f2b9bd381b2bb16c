import type { IncomingMessage, Server } from 'node:http';

/** Limits a whole request, and its headers. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Limits the upload of a recording: nine megabytes over a slow line. */
export const LONG_REQUEST_TIMEOUT_MS = 120_000;

/** The functions that restart the timers of requests. */
const restarts = new WeakMap<IncomingMessage, () => void>();

/** Closes requests that take too long to arrive. Node's own limit is the same for all requests. */
export function limitRequestTime(server: Server): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = LONG_REQUEST_TIMEOUT_MS;
  server.on('request', limitRequest);
  // Node emits this event instead of `request` for `Expect: 100-continue`, because restify listens to it.
  server.on('checkContinue', limitRequest);
}

function limitRequest(request: IncomingMessage): void {
  let cut: NodeJS.Timeout | undefined;
  const restart = () => {
    clearTimeout(cut);
    cut = setTimeout(() => {
      if (!request.complete) request.destroy();
    }, REQUEST_TIMEOUT_MS);
    // A request that is answered before its end, on a connection that then closes, emits no `close`.
    cut.unref();
  };
  restart();
  restarts.set(request, restart);
  request.once('close', () => clearTimeout(cut));
}

/**
 * Gives a request the longer limit, while no pause may last longer than the shorter one. Call it before reading the body.
 */
export function allowLongRequest(request: IncomingMessage): void {
  const restart = restarts.get(request);
  if (restart !== undefined) request.on('data', restart);
}
