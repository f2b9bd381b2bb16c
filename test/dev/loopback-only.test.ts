import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

const PRELOAD = new URL('../../dev/loopback-only.ts', import.meta.url).href;

/** What a program of its own prints. */
function outputOf(script: string, options: readonly string[] = ['--import', PRELOAD]): string {
  return execFileSync(process.execPath, [...options, '-e', script], { encoding: 'utf8', timeout: 20_000 }).trim();
}

/** Where a program of its own comes to listen. */
function addressAfter(listen: string, options?: readonly string[]): string {
  const told = 'function () { console.log(this.address().address); this.close(); }';
  return outputOf(`require('node:http').createServer().listen(${listen}, ${told})`, options);
}

describe('a tool that is to be asked by this machine only', () => {
  it('would else listen on all addresses', () => assert.match(addressAfter('0', []), /^(::|0\.0\.0\.0)$/));

  for (const listen of ['0', '"0"', '0, 511']) {
    it(`listens on loopback, told listen(${listen})`, () => assert.equal(addressAfter(listen), '127.0.0.1'));
  }

  for (const [host, status] of [
    ['localhost', 'HTTP/1.1 200 OK'],
    ['127.0.0.1', 'HTTP/1.1 200 OK'],
    ['rebound.example.com', 'HTTP/1.1 403 Forbidden'],
  ] as const) {
    it(`answers ${status} to Host: ${host}`, () => {
      const script = `
        const server = require('node:http').createServer((request, response) => response.end('page'));
        server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 200 OK\\r\\n\\r\\n'));
        server.listen(0, async () => {
          for (const more of ['', 'Connection: Upgrade\\r\\nUpgrade: websocket\\r\\n']) {
            const socket = require('node:net').connect(server.address().port, '127.0.0.1');
            socket.write('GET / HTTP/1.1\\r\\nHost: ${host}:' + server.address().port + '\\r\\n' + more + '\\r\\n');
            const [answer] = await require('node:events').once(socket, 'data');
            console.log(String(answer).split('\\r\\n')[0]);
            socket.destroy();
          }
          server.close();
        });`;
      assert.equal(outputOf(script), `${status}\n${status}`);
    });
  }

  it('listens where it was told to', () => assert.equal(addressAfter('0, "0.0.0.0"'), '0.0.0.0'));
});
