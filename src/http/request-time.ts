import type { IncomingMessage, Server } from 'node:http';

/** A whole request has to arrive within this; its headers within the second. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** The same for what is worth waiting for: nine megabytes over a slow line. */
export const LONG_REQUEST_TIMEOUT_MS = 120_000;

const cuts = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Requests that take too long to arrive are cut off, whoever reads them. Node's own limit is one for all. */
export function limitRequestTime(server: Server): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = LONG_REQUEST_TIMEOUT_MS;
  server.on('request', limitRequest);
  // In place of `request`, for a client that sent `Expect: 100-continue`: restify listens to it.
  server.on('checkContinue', limitRequest);
}

function limitRequest(request: IncomingMessage): void {
  const cut = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, REQUEST_TIMEOUT_MS);
  cuts.set(request, cut);
  request.once('close', () => clearTimeout(cut));
}

/** From now on this request has the longer time. */
export function allowLongRequest(request: IncomingMessage): void {
  clearTimeout(cuts.get(request));
}
