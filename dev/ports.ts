import net from 'node:net';

/**
 * The wanted port if nothing listens there, on any address of this machine, else any free one. Another program may
 * still take it in between.
 */
export async function freePort(wanted: number): Promise<number> {
  const isFree = (await tryPort(wanted, '127.0.0.1')) !== undefined && (await tryPort(wanted, '::')) !== undefined;
  return isFree && wanted !== 0 ? wanted : ((await tryPort(0, '127.0.0.1')) ?? wanted);
}

/** The port, or nothing where it is taken. An address that this machine does not have is no obstacle. */
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
