import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

const PRELOAD = new URL('../../dev/loopback-only.ts', import.meta.url).href;

/** What a program of its own prints. */
function outputOf(script: string, options: readonly string[] = ['--import', PRELOAD]): string {
  return execFileSync(process.execPath, [...options, '-e', script], { encoding: 'utf8', timeout: 20_000 }).trim();
}

/** Where a program of its own comes to listen, told so in each of these ways. */
function addressesAfter(listens: readonly string[], options?: readonly string[]): readonly string[] {
  const told = 'function () { console.log(this.address().address); this.close(); resolve(); }';
  const waits = listens.map((listen) => `await new Promise((resolve) => createServer().listen(${listen}, ${told}));`);
  const script = `const { createServer } = require('node:http'); (async () => { ${waits.join(' ')} })();`;
  return outputOf(script, options).split('\n');
}

describe('a program restricted to loopback', () => {
  it('listens on all addresses without the preload', () =>
    assert.match(addressesAfter(['0'], []).join(), /^(::|0\.0\.0\.0)$/));

  it('listens on loopback for every form of listen, or on the address that it names', () => {
    const told = addressesAfter(['0', '"0"', '0, 511', '0, "0.0.0.0"']);
    assert.deepEqual(told, ['127.0.0.1', '127.0.0.1', '127.0.0.1', '0.0.0.0']);
  });

  it('answers only requests whose Host names this machine', () => {
    const script = `
      const server = require('node:http').createServer((request, response) => response.end('page'));
      server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 200 OK\\r\\n\\r\\n'));
      server.listen(0, async () => {
        for (const host of ['localhost', '127.0.0.1', 'rebound.example.com']) {
          for (const more of ['', 'Connection: Upgrade\\r\\nUpgrade: websocket\\r\\n']) {
            const socket = require('node:net').connect(server.address().port, '127.0.0.1');
            socket.write('GET / HTTP/1.1\\r\\nHost: ' + host + ':' + server.address().port + '\\r\\n' + more + '\\r\\n');
            const [answer] = await require('node:events').once(socket, 'data');
            console.log(host + ': ' + String(answer).split('\\r\\n')[0]);
            socket.destroy();
          }
        }
        server.close();
      });`;
    const told = [
      ['localhost', '200 OK'],
      ['127.0.0.1', '200 OK'],
      ['rebound.example.com', '403 Forbidden'],
    ].map(([host, status]) => `${host}: HTTP/1.1 ${status}`);
    assert.deepEqual(
      outputOf(script).split('\n'),
      told.flatMap((line) => [line, line]),
    );
  });
});
