import {
  type Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { systemCode } from '../../errors.ts';
import { fieldsOf } from '../../json-access.ts';

/**
 * The meaning of a failed request for the connection and the call.
 * - `notReceived`: the server has not begun the call, and the connection is unusable.
 * - `lost`: the connection is unusable; the call may have been done.
 * - `timeout`: no answer in time.
 * - `refused`: the server denies access, or there is no token for it; an immediate retry would not help.
 * - `failed`: the server answered with an error; the connection is usable.
 * - `unclear`: the answer cannot be used; the connection is usable, and the call may have been done.
 */
export type McpFailure = 'notReceived' | 'lost' | 'timeout' | 'refused' | 'failed' | 'unclear';

/** A request was not sent, because there is no access token for it. `cause` says why. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** Classifies the error of a call, and asks the server if only that tells whether the connection can still be used. */
export async function failureOfCall(client: Client, error: unknown, timeoutMs: number): Promise<McpFailure> {
  if (!(await isStale(client, error, timeoutMs))) return mcpFailureOf(error);
  // Status 400 without a JSON-RPC error refuses the call. With one, the SDK hides the status: the call may have begun.
  return isBadRequest(error) ? 'notReceived' : 'lost';
}

/** Classifies the error by its code only: its message may hold the whole body of a response. */
export function mcpFailureOf(error: unknown): McpFailure {
  if (error instanceof UnauthorizedError || error instanceof TokenError) return 'refused';
  if (error instanceof SdkHttpError) return byStatus(error.status);
  if (error instanceof SdkError) return BY_CODE[error.code] ?? 'unclear';
  if (error instanceof ProtocolError) return 'failed';
  const code = systemCode(error) ?? '';
  if (NOT_RECEIVED.includes(code)) return 'notReceived';
  return error instanceof TypeError || code !== '' ? 'lost' : 'unclear';
}

/** A restarted server does not know the session and answers 404 by the specification. See also `isStale`. */
function byStatus(status: number): McpFailure {
  if (status === 401 || status === 403) return 'refused';
  if (status === 404) return 'notReceived';
  // Another 4xx refuses the call; after a 5xx, as of a gateway in between, nobody knows.
  return status < 500 ? 'failed' : 'unclear';
}

/**
 * Whether the server refuses every request of this connection, not only the call: it has restarted or been replaced.
 * - In the SDK's legacy era, up to revision 2025-11-25, many servers that have lost the session answer 400.
 * - In its modern era, which began with the next revision, 2026-07-28, there are no sessions. A server of the legacy
 *   era
 *   refuses the requests with 400 and a JSON-RPC error, which the SDK passes on if it has the request's id.
 */
async function isStale(client: Client, callError: unknown, timeout: number): Promise<boolean> {
  const hasSessions = client.getProtocolEra() !== 'modern';
  const isRefusal = (error: unknown) => isBadRequest(error) || (!hasSessions && error instanceof ProtocolError);
  if (!isRefusal(callError)) return false;
  // Another call has closed the connection meanwhile.
  if (client.transport === undefined) return true;
  const probe: Promise<unknown> = hasSessions ? client.ping({ timeout }) : client.discover({ timeout });
  return probe.then(
    () => false,
    // The connection may be closed while the server is asked.
    (probeError: unknown) =>
      isRefusal(probeError) || ['notReceived', 'lost', 'timeout'].includes(mcpFailureOf(probeError)),
  );
}

function isBadRequest(error: unknown): boolean {
  return error instanceof SdkHttpError && error.status === 400;
}

const BY_CODE: Partial<Record<SdkErrorCode, McpFailure>> = {
  [SdkErrorCode.RequestTimeout]: 'timeout',
  [SdkErrorCode.NotConnected]: 'notReceived',
  [SdkErrorCode.ConnectionClosed]: 'lost',
  [SdkErrorCode.SendFailed]: 'lost',
};

const NOT_RECEIVED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

/** Returns a reason for the log and the doctor that quotes nothing from the server. */
export function mcpReason(error: unknown): string {
  if (error instanceof TokenError) return mcpReason(error.cause);
  if (error instanceof SdkHttpError) return `HTTP ${error.status}`;
  const { code, cause, name, syscall } = fieldsOf(error);
  // A program that cannot be started: the call names it.
  if (String(syscall).startsWith('spawn ')) return `${syscall} ${code}`;
  // The SDK and `fetch` wrap the error of the system, whose code says most.
  return String(systemCode(cause) ?? code ?? name ?? typeof error);
}
