import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeCertificate } from '../support/certificate.ts';

const CALLER = fileURLToPath(new URL('./entra-id-caller.ts', import.meta.url));
const certificate = makeCertificate('localhost');
after(() => certificate?.close());
const skip = certificate === undefined ? 'there is no openssl' : false;

describe('an account that is opened with Entra ID', { skip }, () => {
  const authorizations: (string | undefined)[] = [];
  const answer: RequestListener = ({ headers }, response) => {
    authorizations.push(headers.authorization);
    response.writeHead(404, { 'x-ms-error-code': 'BlobNotFound' });
    response.end();
  };
  let secure: Server;
  let plain: Server;
  before(async () => {
    secure = createServer({ ...certificate }, answer);
    plain = createHttpServer(answer);
    for (const server of [secure, plain]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    for (const server of [secure, plain]) server.close();
  });

  async function call(server: Server, scheme: string, mode = ''): Promise<string> {
    authorizations.length = 0;
    const url = `${scheme}://localhost:${(server.address() as AddressInfo).port}`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate?.certPath };
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
