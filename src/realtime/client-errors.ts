import { ProxyError, systemCode, TurnError } from '../errors.ts';

/** A larger frame ends the session; audio deltas of the service stay far below. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Converts an error of the client library. Its cause is an error of ws or of the system, which has a code. */
export function clientErrorOf(error: Error): TurnError {
  const code = systemCode(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new TurnError('frame_too_large', `a frame is larger than ${MAX_FRAME_BYTES} bytes`, { cause: error });
  }
  if (code?.startsWith('WS_ERR_') || error.message.includes('could not parse')) {
    return new TurnError('frame_malformed', 'a frame cannot be read', { cause: error });
  }
  const message = error.cause instanceof ProxyError ? error.cause.message : 'the connection failed';
  return new TurnError('service_unavailable', message, { cause: error });
}
