import type { IncomingMessage, Server } from 'node:http';
import type { Clock } from '../clock.ts';

/** For a whole request, and for its headers. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** For a whole recording: nine megabytes over a slow line. */
export const LONG_REQUEST_TIMEOUT_MS = 120_000;

/** Restarts the timer of a request. */
const restarts = new WeakMap<IncomingMessage, () => void>();

/** Closes requests that take too long to arrive. Node's own limit is the same for all requests. */
export function limitRequestTime(server: Server, clock: Clock): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = LONG_REQUEST_TIMEOUT_MS;
  const limit = (request: IncomingMessage) => limitRequest(request, clock);
  server.on('request', limit);
  // Emitted instead of `request` for `Expect: 100-continue`, since restify listens to it.
  server.on('checkContinue', limit);
}

function limitRequest(request: IncomingMessage, clock: Clock): void {
  let cancelTimer = () => {};
  const restart = () => {
    cancelTimer();
    cancelTimer = clock.after(REQUEST_TIMEOUT_MS, () => {
      if (!request.complete) request.destroy();
    });
  };
  restart();
  restarts.set(request, restart);
  request.once('close', () => cancelTimer());
}

/**
 * Gives a request the longer time, as long as it never pauses for the shorter one. Call it right before its body is read.
 */
export function allowLongRequest(request: IncomingMessage): void {
  const restart = restarts.get(request);
  if (restart !== undefined) request.on('data', restart);
}
