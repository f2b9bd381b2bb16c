import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { AttachmentError } from '../errors.ts';

/** Something that was sent, whole. */
export interface Fetched {
  readonly bytes: Uint8Array;
  /** What its sender says that it is, as it came; often wrong. */
  readonly contentType: string | undefined;
}

/** What a host answered. */
export type Answer =
  | { readonly kind: 'file'; readonly file: Fetched }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'other'; readonly status: number };

/** What is asked. */
export interface Question {
  readonly url: URL;
  /** The whole value of the header. */
  readonly authorization: string | undefined;
  /** The most that a file may have. */
  readonly maxBytes: number;
}

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks for a file over a connection that is open and is used for nothing else. Rejects with an AttachmentError
 * (`too_large`, or `not_fetched` for a body that is packed), or with what the connection fails with.
 */
export async function ask(socket: Socket, question: Question): Promise<Answer> {
  const { url, authorization } = question;
  const headers = {
    host: url.host,
    accept: '*/*',
    // A packed body may unpack to any length.
    'accept-encoding': 'identity',
    connection: 'close',
    ...(authorization === undefined ? {} : { authorization }),
  };
  const path = `${url.pathname}${url.search}`;
  const sent = request({ createConnection: () => socket, path, headers });
  sent.end();
  const response = await responseTo(sent);
  const { statusCode: status = 0 } = response;
  if (status === 200) return { kind: 'file', file: await read(response, question) };
  const { location } = response.headers;
  return REDIRECT_STATUS.has(status) && location !== undefined
    ? { kind: 'redirect', location }
    : { kind: 'other', status };
}

/** A connection that turns into something else than HTTP closes without an error. */
function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.on('close', () => reject(new Error('the connection closed without an answer')));
  });
}

async function read(response: IncomingMessage, { url, maxBytes }: Question): Promise<Fetched> {
  const { headers } = response;
  const length = Number(headers['content-length'] ?? 0);
  if (length > maxBytes) throw tooLarge(url, maxBytes);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw packed(url);
  if ((headers['transfer-encoding'] ?? 'chunked') !== 'chunked') throw packed(url);
  const chunks: Buffer[] = [];
  let byteLength = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    byteLength += chunk.length;
    if (byteLength > maxBytes) throw tooLarge(url, maxBytes);
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), contentType: headers['content-type'] };
}

function tooLarge({ hostname }: URL, maxBytes: number): AttachmentError {
  return new AttachmentError('too_large', `${hostname}: the file has more than ${maxBytes} bytes`);
}

function packed({ hostname }: URL): AttachmentError {
  return new AttachmentError('not_fetched', `${hostname}: the file came packed, which was not asked for`);
}
