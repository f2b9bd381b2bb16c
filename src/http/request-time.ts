import type { IncomingMessage, Server } from 'node:http';
import type { Clock } from '../clock.ts';

/** Limits a whole request, or with `allowLongRequest` each of its pauses. */
const REQUEST_TIMEOUT_MS = 20_000;
/** Limits the headers of a request. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Limits the upload of a recording: nine megabytes over a slow line. */
const LONG_REQUEST_TIMEOUT_MS = 120_000;

/** The functions that restart the shorter timers of requests. */
const restarts = new WeakMap<IncomingMessage, () => void>();

/** Closes requests that take too long to arrive. Node's own limit is the same for all requests. */
export function limitRequestTime(server: Server, clock: Clock): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  const limit = (request: IncomingMessage) => limitRequest(request, clock);
  server.on('request', limit);
  // Node emits this event instead of `request` for `Expect: 100-continue`, because restify listens to it.
  server.on('checkContinue', limit);
}

function limitRequest(request: IncomingMessage, clock: Clock): void {
  const closeIfIncomplete = () => {
    if (!request.complete) request.destroy();
  };
  const cancelTotalLimit = clock.after(LONG_REQUEST_TIMEOUT_MS, closeIfIncomplete);
  let cancelPauseLimit = () => {};
  const restart = () => {
    cancelPauseLimit();
    cancelPauseLimit = clock.after(REQUEST_TIMEOUT_MS, closeIfIncomplete);
  };
  restart();
  restarts.set(request, restart);
  request.once('close', () => {
    cancelPauseLimit();
    cancelTotalLimit();
  });
}

/**
 * Lets received data restart the shorter timer, which then limits pauses, and the longer one limits the whole request.
 * Both run from the start. Call it before reading the body.
 */
export function allowLongRequest(request: IncomingMessage): void {
  const restart = restarts.get(request);
  if (restart !== undefined) request.on('data', restart);
}
