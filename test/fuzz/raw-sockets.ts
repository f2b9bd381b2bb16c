import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawSocket {
  readonly socket: Socket;
  /** The data received so far. */
  readonly received: string;
  /** Resolves, with its lifetime in milliseconds, when either side has closed it. */
  readonly closed: Promise<number>;
}

export interface RawSocketOptions {
  /** Written as soon as it is open. */
  readonly first?: string | Buffer;
  /** Written every half a second after that. */
  readonly drip?: string;
}

const DRIP_MS = 500;

/** A client that sends raw bytes. Resolves when it is open and `first` is being sent. */
export async function openRaw(url: string, { first = '', drip }: RawSocketOptions = {}): Promise<RawSocket> {
  const openedMs = Date.now();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  // A reset also closes it.
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(Date.now() - openedMs)));
  await Promise.race([once(socket, 'connect'), closed]);
  socket.write(first);
  const timer = drip === undefined ? undefined : setInterval(() => socket.write(drip), DRIP_MS);
  void closed.then(() => clearInterval(timer));
  return {
    socket,
    get received() {
      return received;
    },
    closed,
  };
}

/** This number of equal clients. */
export function openMany(url: string, count: number, options: RawSocketOptions): Promise<readonly RawSocket[]> {
  return Promise.all(Array.from({ length: count }, () => openRaw(url, options)));
}

/** The start of a POST with incomplete headers. */
export const HALF_HEADERS = 'POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n';

/** The start of a POST with an incomplete body. */
export const HALF_BODY = `${HALF_HEADERS}Content-Length: 999\r\n\r\n{"text`;

/** The same, sent to an unknown recording link. */
export const UNREAD_BODY =
  'POST /record/nothing HTTP/1.1\r\nHost: bot\r\nContent-Type: audio/wav\r\nContent-Length: 999\r\n\r\nRIFF';
