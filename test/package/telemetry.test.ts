import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { ENTRIES } from '../../dev/packaging/bundle-table.ts';
import { unpackBot } from './unpacked.ts';

const MOST_BYTES = 10_000_000;
/** By what the library knows a machine, where there is one; it is looked up by code that splitting would break. */
const MACHINE_ID = '/etc/machine-id';

it('what is bundled can send telemetry to Azure Monitor', async (t) => {
  const sent: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isZipped = request.headers['content-encoding'] === 'gzip';
    if (request.method === 'POST') sent.push(String(isZipped ? gunzipSync(body) : body));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ itemsReceived: 1, itemsAccepted: 1, errors: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const unpacked = await unpackBot({ ...ENTRIES, telemetry: 'test/package/telemetry-entry.ts' });
  t.after(() => unpacked.remove());
  assert.ok(unpacked.zipBytes < MOST_BYTES, `${unpacked.zipBytes} bytes`);

  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const program = join(unpacked.folder, 'dist/telemetry.js');
  // The library also counts its own users, at an address of Microsoft's.
  const env = { APPLICATION_INSIGHTS_NO_STATSBEAT: 'true' };
  const { stderr } = await promisify(execFile)(process.execPath, [program, origin], { env, cwd: unpacked.folder });

  assert.equal(stderr, '');
  const all = sent.join('\n');
  const machineId = existsSync(MACHINE_ID) ? [readFileSync(MACHINE_ID, 'utf8').trim()] : [];
  for (const name of ['test.counter', 'test-span', 'GET /watched', ...machineId]) {
    assert.ok(all.includes(`"${name}"`), `${name} in ${all}`);
  }
  unpacked.assertUntouched();
});
