import { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server } from 'node:net';
import { checkHost } from '../src/http/loopback-guard.ts';

// Preloaded into Agents Playground, which listens on all addresses, accepts every host name and has no option for
// either.

const HOST = '127.0.0.1';
const { listen } = Server.prototype;

Server.prototype.listen = function listenOnLoopback(this: Server, ...parameters: unknown[]): Server {
  const [port, ...others] = parameters;
  // A call with a path or an explicit address stays as it is.
  const isAllAddresses = /^\d+$/.test(String(port)) && typeof others[0] !== 'string';
  return Reflect.apply(listen, this, isAllAddresses ? [port, HOST, ...others] : parameters);
};

const { emit } = HttpServer.prototype;

// After DNS rebinding, the page of an attacker reaches this machine but still sends its own host name.
HttpServer.prototype.emit = function emitIfLocal(this: HttpServer, ...parameters: unknown[]): boolean {
  const [, request] = parameters;
  if (!(request instanceof IncomingMessage) || isLocal(request)) return Reflect.apply(emit, this, parameters);
  request.socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  return true;
};

function isLocal(request: IncomingMessage): boolean {
  try {
    checkHost(request, undefined);
    return true;
  } catch {
    return false;
  }
}
