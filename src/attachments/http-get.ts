import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import getRawBody from 'raw-body';
import { AttachmentError } from '../errors.ts';

export type HttpResult =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'other'; readonly status: number };

interface HttpRequest {
  readonly url: URL;
  /** The value of the header, if it is sent. */
  readonly authorization: string | undefined;
  readonly maxBytes: number;
}

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Requests a file over an open connection that is used for nothing else. Rejects with an AttachmentError (`too_large`,
 * or `not_fetched` for a compressed body), or with the error of the connection.
 */
export async function httpGet(socket: Socket, { url, authorization, maxBytes }: HttpRequest): Promise<HttpResult> {
  const headers = {
    host: url.host,
    accept: '*/*',
    // A compressed body may decompress to any length.
    'accept-encoding': 'identity',
    connection: 'close',
    ...(authorization === undefined ? {} : { authorization }),
  };
  const path = `${url.pathname}${url.search}`;
  const response = await responseTo(request({ createConnection: () => socket, path, headers }).end());
  const { statusCode: status = 0 } = response;
  if (status === 200) return { kind: 'file', bytes: await readBody(response, url, maxBytes) };
  const { location } = response.headers;
  return REDIRECT_STATUS.has(status) && location !== undefined
    ? { kind: 'redirect', location }
    : { kind: 'other', status };
}

/** A connection that switches to another protocol than HTTP closes without an error. */
function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.on('close', () => reject(new Error('the connection closed without a response')));
  });
}

async function readBody(response: IncomingMessage, { hostname }: URL, maxBytes: number): Promise<Uint8Array> {
  const { headers } = response;
  const { 'content-encoding': encoding = 'identity', 'transfer-encoding': transfer = 'chunked' } = headers;
  if (encoding.toLowerCase() !== 'identity' || transfer.toLowerCase() !== 'chunked') {
    throw new AttachmentError('not_fetched', `${hostname}: the file came compressed, although it must not`);
  }
  try {
    return await getRawBody(response, { limit: maxBytes, length: headers['content-length'] ?? null });
  } catch (cause) {
    if ((cause as { type?: unknown }).type !== 'entity.too.large') throw cause;
    throw new AttachmentError('too_large', `${hostname}: the file has more than ${maxBytes} bytes`);
  }
}
