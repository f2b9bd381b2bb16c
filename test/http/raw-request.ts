import assert from 'node:assert/strict';
import { connect } from 'node:net';

const PATIENCE_MS = 5_000;

export interface RawResponse {
  /** 0 when nothing that looks like a response came back. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes. Rejects when it does not: it must not leave a caller hanging. */
export function sendRaw(url: string, bytes: string | Buffer, { half = false } = {}): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let received = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${PATIENCE_MS} ms; received: ${received.slice(0, 200) || 'nothing'}`));
    }, PATIENCE_MS);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    // A server that refuses a body may reset the rest of it; what it said before counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(parse(received));
    });
    if (half) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** A request without a body, whose connection ends with it. The target is not normalised, as `fetch` would do. */
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

/** An answer to a stranger: it has a code and a sentence, and nothing of our inside. */
export function assertTellsNothing(body: string): void {
  assert.doesNotMatch(body, /\n\s*at |node_modules|node:|file:\/\/|\/src\/|\.(?:ts|js)\b|\bError\b/);
}

/** The same for the JSON that every refusal of this program is. */
export function assertRefusal(body: string, code: string): void {
  assertTellsNothing(body);
  const { code: found, message, ...rest } = JSON.parse(body);
  assert.equal(found, code);
  assert.ok(typeof message === 'string' && message.length > 10, `a sentence: ${message}`);
  assert.deepEqual(rest, {});
}
