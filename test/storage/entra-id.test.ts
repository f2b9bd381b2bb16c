import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CALLER = fileURLToPath(new URL('./entra-id-caller.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'entra-id-'));
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
after(() => rmSync(folder, { recursive: true }));

/** Nothing in Node makes a certificate. */
function makeCertificate(): boolean {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  try {
    execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const skip = makeCertificate() ? false : 'there is no openssl';

describe('an account that is opened with Entra ID', { skip }, () => {
  const authorizations: (string | undefined)[] = [];
  const answer: RequestListener = ({ headers }, response) => {
    authorizations.push(headers.authorization);
    response.writeHead(404, { 'x-ms-error-code': 'BlobNotFound' }).end();
  };
  let secure: Server;
  let plain: Server;
  before(async () => {
    secure = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer);
    plain = createHttpServer(answer);
    for (const server of [secure, plain]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    for (const server of [secure, plain]) server.close();
  });

  async function call(server: Server, scheme: string, mode = ''): Promise<string> {
    authorizations.length = 0;
    const url = `${scheme}://localhost:${(server.address() as AddressInfo).port}`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
    return (await promisify(execFile)(process.execPath, [CALLER, url, mode], { env })).stdout;
  }

  it('is sent the token', async () => {
    assert.equal(await call(secure, 'https'), 'undefined');
    assert.deepEqual(authorizations, ['Bearer token-of-the-test']);
  });

  it('is not sent it where there is no TLS', async () => {
    const said = await call(plain, 'http');
    assert.match(said, /^store_unavailable: /);
    assert.doesNotMatch(said, /token-of-the-test/);
    assert.deepEqual(authorizations, []);
  });

  it('is not available without a token', async () => {
    assert.match(await call(secure, 'https', 'fails'), /^store_unavailable: /);
    assert.deepEqual(authorizations, []);
  });
});
