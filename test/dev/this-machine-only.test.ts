import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

const PRELOAD = new URL('../../dev/this-machine-only.ts', import.meta.url).href;

/** Where a program of its own comes to listen. */
function addressAfter(listen: string, options: readonly string[] = ['--import', PRELOAD]): string {
  const told = 'function () { console.log(this.address().address); this.close(); }';
  const script = `require('node:http').createServer().listen(${listen}, ${told})`;
  return execFileSync(process.execPath, [...options, '-e', script], { encoding: 'utf8', timeout: 20_000 }).trim();
}

describe('a tool that is to be asked by this machine only', () => {
  it('would else listen on all addresses', () => assert.match(addressAfter('0', []), /^(::|0\.0\.0\.0)$/));

  for (const listen of ['0', '"0"', '0, 511']) {
    it(`listens on loopback, told listen(${listen})`, () => assert.equal(addressAfter(listen), '127.0.0.1'));
  }

  it('listens where it was told to', () => assert.equal(addressAfter('0, "0.0.0.0"'), '0.0.0.0'));
});
