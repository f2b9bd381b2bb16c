import type { IncomingMessage, Server } from 'node:http';

/** A whole request has to arrive within this; its headers within the second. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** The same for what is worth waiting for: nine megabytes over a slow line. */
export const LONG_REQUEST_TIMEOUT_MS = 120_000;

/** Begins the time of a request anew. */
const restarts = new WeakMap<IncomingMessage, () => void>();

/** Requests that take too long to arrive are cut off, whoever reads them. Node's own limit is one for all. */
export function limitRequestTime(server: Server): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = LONG_REQUEST_TIMEOUT_MS;
  server.on('request', limitRequest);
  // In place of `request`, for a client that sent `Expect: 100-continue`: restify listens to it.
  server.on('checkContinue', limitRequest);
}

function limitRequest(request: IncomingMessage): void {
  let cut: NodeJS.Timeout | undefined;
  const restart = () => {
    clearTimeout(cut);
    cut = setTimeout(() => {
      if (!request.complete) request.destroy();
    }, REQUEST_TIMEOUT_MS);
    // A request that is answered before all of it came, on a connection that ends with that, is never said to be closed.
    cut.unref();
  };
  restart();
  restarts.set(request, restart);
  request.once('close', () => clearTimeout(cut));
}

/**
 * From now on this request has the longer time, as long as it does not stand still for the shorter. To be called right
 * before its body is read.
 */
export function allowLongRequest(request: IncomingMessage): void {
  const restart = restarts.get(request);
  if (restart !== undefined) request.on('data', restart);
}
