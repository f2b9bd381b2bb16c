import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Refusal {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly message?: string;
}

/** What a handshake leads to: a session with a model, or an HTTP status. */
export type Verdict = { readonly model: string } | Refusal;

/** Azure's path and OpenAI's. */
const PATHS = ['/openai/v1/realtime', '/v1/realtime'];

/** The service's rules for the upgrade request. */
export function judge(path: string, headers: IncomingHttpHeaders): Verdict {
  const url = URL.parse(path, 'http://simulator');
  if (url === null || !PATHS.includes(url.pathname)) {
    return { status: 404, message: `No such path; use ${PATHS.join(' or ')}.` };
  }
  if (url.searchParams.has('api-version')) {
    return { status: 401, message: 'The GA path takes no api-version; leave it out.' };
  }
  if (!hasCredentials(headers)) {
    return { status: 401, message: 'Send an Authorization: Bearer or an api-key header; any value will do here.' };
  }
  const model = url.searchParams.get('model');
  if (model === null || model === '') return { status: 404, message: 'Name the deployment: ?model=NAME' };
  return { model };
}

/** Browsers cannot send these headers with a WebSocket, so no web page can talk to a simulator on this machine. */
function hasCredentials({ authorization = '', 'api-key': apiKey = '' }: IncomingHttpHeaders): boolean {
  return /^Bearer \S/i.test(authorization) || apiKey.length > 0;
}

/** Answers a handshake with an HTTP status in place of 101, and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, headers = {}, message }: Refusal): void {
  const reason = STATUS_CODES[status] ?? 'Refused';
  const body = JSON.stringify({ error: { code: String(status), message: message ?? reason } });
  const all = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy());
}
