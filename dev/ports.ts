import net from 'node:net';

/**
 * The preferred port if nothing listens on it on any address of this machine, else any free port. Another program may
 * still take it before the caller does.
 */
export async function freePort(preferred: number): Promise<number> {
  const isFree =
    (await tryPort(preferred, '127.0.0.1')) !== undefined && (await tryPort(preferred, '::')) !== undefined;
  return isFree && preferred !== 0 ? preferred : ((await tryPort(0, '127.0.0.1')) ?? preferred);
}

/** A line about the address of a program that is not on its preferred port; else none. */
export function portNotice(preferred: number, port: number, address: string): readonly string[] {
  return port === preferred ? [] : [`${preferred} is in use (another demo?): this one is at ${address}`];
}

/** Undefined if the port is taken. An address that this machine does not have counts as free. */
function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? undefined : port));
    server.listen(port, host, () => {
      const found = (server.address() as net.AddressInfo).port;
      server.close(() => resolve(found));
    });
  });
}
