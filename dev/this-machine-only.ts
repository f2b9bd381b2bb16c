import { Server } from 'node:net';

// Loaded into a tool that listens on all addresses and cannot be told another one.

const HOST = '127.0.0.1';
const { listen } = Server.prototype;

Server.prototype.listen = function listenHere(this: Server, ...parameters: unknown[]): Server {
  const [port, ...others] = parameters;
  // A path is no port, and whoever names an address knows why.
  const isAnywhere = /^\d+$/.test(String(port)) && typeof others[0] !== 'string';
  return Reflect.apply(listen, this, isAnywhere ? [port, HOST, ...others] : parameters);
};
