import assert from 'node:assert/strict';
import { connect } from 'node:net';

const TIMEOUT_MS = 5_000;

export interface RawResponse {
  /** 0 if no valid response arrived. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Sends raw bytes and reads until the server closes. Rejects if the server does not: it must not leave a caller
 * waiting.
 */
export function sendRaw(url: string, bytes: string | Buffer, { half = false } = {}): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let received = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${TIMEOUT_MS} ms; received: ${received.slice(0, 200) || 'nothing'}`));
    }, TIMEOUT_MS);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    // A server that rejects a body may reset the connection; the response before that counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(parse(received));
    });
    if (half) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** A request without a body that closes its connection. Its target is not normalized, as `fetch` would do. */
export function rawRequest(url: string, method: string, target: string): Promise<RawResponse> {
  return sendRaw(url, `${method} ${target} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n`);
}

function parse(text: string): RawResponse {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}

/** A response to an untrusted caller has a code and a sentence, and no internal details. */
export function assertTellsNothing(body: string): void {
  assert.doesNotMatch(body, /\n\s*at |node_modules|node:|file:\/\/|\/src\/|\.(?:ts|js)\b|\bError\b/);
}

/** The same for the JSON form of every rejection by this program. */
export function assertRefusal(body: string, code: string): void {
  assertTellsNothing(body);
  const { code: found, message, ...rest } = JSON.parse(body);
  assert.equal(found, code);
  assert.ok(typeof message === 'string' && message.length > 10, `a sentence: ${message}`);
  assert.deepEqual(rest, {});
}
