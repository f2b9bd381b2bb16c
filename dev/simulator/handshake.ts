import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Resource } from './resource.ts';

export interface Refusal {
  readonly status: number;
  /** The code in the body. Default: the status. */
  readonly code?: string;
  readonly headers?: Record<string, string>;
  readonly message?: string;
}

/** The result of a handshake: a session with a model, or an HTTP status. */
export type HandshakeResult = { readonly model: string } | Refusal;

/** Azure's path and OpenAI's. */
const PATHS = ['/openai/v1/realtime', '/v1/realtime'];

/** Checks an upgrade request by the rules of the service. Without a resource it accepts any key and deployment. */
export function checkHandshake(path: string, headers: IncomingHttpHeaders, resource?: Resource): HandshakeResult {
  const url = URL.parse(path, 'http://simulator');
  if (url === null || !PATHS.includes(url.pathname)) {
    return { status: 404, message: `No such path; use ${PATHS.join(' or ')}.` };
  }
  if (url.searchParams.has('api-version')) {
    return { status: 401, message: 'The GA path takes no api-version; leave it out.' };
  }
  if (!hasCredentials(headers)) {
    return { status: 401, message: 'Send an Authorization: Bearer or an api-key header.' };
  }
  const model = url.searchParams.get('model');
  if (model === null || model === '') return { status: 404, message: 'Name the deployment: ?model=NAME' };
  return (resource && refusalBy(resource, headers, model)) ?? { model };
}

/** The misspelled code is that of Azure: https://learn.microsoft.com/answers/a/12820829 */
function refusalBy({ key, deployments }: Resource, headers: IncomingHttpHeaders, model: string): Refusal | undefined {
  if (headers['api-key'] !== key && headers.authorization !== `Bearer ${key}`) {
    const message =
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.';
    return { status: 401, message };
  }
  const name = model.toLowerCase();
  switch (Object.hasOwn(deployments, name) ? deployments[name] : undefined) {
    case 'realtime':
      return undefined;
    case 'other': {
      const message =
        'The realtime operation does not work with the specified model. Please choose different model and try again.';
      return { status: 400, code: 'OpperationNotSupported', message };
    }
    case undefined: {
      const message =
        'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.';
      return { status: 404, code: 'DeploymentNotFound', message };
    }
  }
}

/** Browsers cannot send these headers with a WebSocket, so no web page can talk to a simulator on this machine. */
function hasCredentials({ authorization = '', 'api-key': apiKey = '' }: IncomingHttpHeaders): boolean {
  return /^Bearer \S/i.test(authorization) || apiKey.length > 0;
}

/** Answers a handshake with an HTTP status instead of 101, and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, code, headers = {}, message }: Refusal): void {
  const reason = STATUS_CODES[status] ?? 'Refused';
  const body = JSON.stringify({ error: { code: code ?? String(status), message: message ?? reason } });
  const all = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy());
}
