import { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server } from 'node:net';
import { checkHost } from '../src/http/loopback-guard.ts';

// Loaded into a tool that listens on all addresses, answers to every name, and cannot be told otherwise.

const HOST = '127.0.0.1';
const { listen } = Server.prototype;

Server.prototype.listen = function listenHere(this: Server, ...parameters: unknown[]): Server {
  const [port, ...others] = parameters;
  // A path is no port, and whoever names an address knows why.
  const isAnywhere = /^\d+$/.test(String(port)) && typeof others[0] !== 'string';
  return Reflect.apply(listen, this, isAnywhere ? [port, HOST, ...others] : parameters);
};

const { emit } = HttpServer.prototype;

// A page whose name is made to lead to this machine (DNS rebinding) still sends that name.
HttpServer.prototype.emit = function emitForThisMachine(this: HttpServer, ...parameters: unknown[]): boolean {
  const [, request] = parameters;
  if (!(request instanceof IncomingMessage) || isForThisMachine(request)) return Reflect.apply(emit, this, parameters);
  request.socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  return true;
};

function isForThisMachine(request: IncomingMessage): boolean {
  try {
    checkHost(request, undefined);
    return true;
  } catch {
    return false;
  }
}
