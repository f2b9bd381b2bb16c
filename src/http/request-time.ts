import type { IncomingMessage, Server } from 'node:http';

/** For a whole request, and for its headers. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** For a whole recording: nine megabytes over a slow line. */
export const LONG_REQUEST_TIMEOUT_MS = 120_000;

/** Restarts the timer of a request. */
const restarts = new WeakMap<IncomingMessage, () => void>();

/** Closes requests that take too long to arrive. Node's own limit is the same for all requests. */
export function limitRequestTime(server: Server): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = LONG_REQUEST_TIMEOUT_MS;
  server.on('request', limitRequest);
  // Emitted instead of `request` for `Expect: 100-continue`, since restify listens to it.
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
 * Gives a request the longer time, as long as it never pauses for the shorter one. Call it right before its body is read.
 */
export function allowLongRequest(request: IncomingMessage): void {
  const restart = restarts.get(request);
  if (restart !== undefined) request.on('data', restart);
}
