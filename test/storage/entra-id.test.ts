import assert from 'node:assert/strict';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { openAudioContainer } from '../../src/storage/azure-account.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';
import { makeTrustedCertificate } from '../support/trusted.ts';

const certificate = makeTrustedCertificate('localhost');
after(() => certificate?.close());
const skip = certificate === undefined ? 'there is no openssl' : false;

describe('an account with Entra ID', { skip }, () => {
  const authorizations: (string | undefined)[] = [];
  const answer: RequestListener = ({ headers }, response) => {
    authorizations.push(headers.authorization);
    response.writeHead(404, { 'x-ms-error-code': 'BlobNotFound' });
    response.end();
  };
  const scopes: string[] = [];
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

  function read(server: Server, scheme: string, tokens = async () => 'token-of-the-test') {
    authorizations.length = 0;
    const url = `${scheme}://localhost:${(server.address() as AddressInfo).port}`;
    const open = () =>
      openAudioContainer(url, (scope) => {
        scopes.push(scope);
        return tokens;
      });
    return new AzureBlobs({ open, clock: systemClock }).read('a');
  }

  it('gets a token', async () => {
    assert.equal(await read(secure, 'https'), undefined);
    assert.deepEqual(authorizations, ['Bearer token-of-the-test']);
    assert.deepEqual(scopes, ['https://storage.azure.com/.default']);
  });

  it('gets no token without TLS', async () => {
    await assert.rejects(read(plain, 'http'), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'store_unavailable');
      assert.doesNotMatch(error.message, /token-of-the-test/);
      return true;
    });
    assert.deepEqual(authorizations, []);
  });

  it('is unavailable without a token', async () => {
    const tokens = () => Promise.reject(new Error('no token today'));
    await assert.rejects(read(secure, 'https', tokens), { code: 'store_unavailable' });
    assert.deepEqual(authorizations, []);
  });
});
