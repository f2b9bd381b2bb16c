import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FetchRequest, fetchSafely } from '../../src/attachments/safe-fetch.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type FileHost, startFileHost } from './file-host.ts';
import { fetchDeps, startTrap } from './trap.ts';

const REQUEST = {
  rules: { hosts: [], allowLoopback: true },
  maxBytes: 1_000,
  timeoutMs: 8_000,
  signal: new AbortController().signal,
};

let host: FileHost;
before(async () => {
  host = await startFileHost(() => {});
});
after(() => host[Symbol.asyncDispose]());

/** Fetches from a host that responds like this, and closes everything afterwards. */
async function fetchFrom(rule: FileHost['rule'], request: Partial<FetchRequest> = {}): Promise<Uint8Array> {
  host.rule = rule;
  const clock = new ManualClock();
  try {
    return await fetchSafely({ ...REQUEST, url: host.url, ...request }, fetchDeps({ clock }));
  } finally {
    assert.deepEqual(clock.waiting, []);
    await host.whenLeft();
  }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const answering =
  (status: number, headers: Record<string, string> = {}): FileHost['rule'] =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end('a file');
  };

describe('a file on this machine, in development', { timeout: 60_000 }, () => {
  it('is fetched over http, under each of its names', async () => {
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '127.1', '2130706433']) {
      const file = await fetchFrom(answering(200), { url: `http://${name}:${host.port}/v3/attachments/1?key=1` });
      assert.equal(textOf(file), 'a file');
      assert.equal(host.seen.all.at(-1)?.url, '/v3/attachments/1?key=1');
    }
  });

  it('is fetched whatever the case of its encodings', async () => {
    const headers = { 'content-encoding': 'Identity', 'transfer-encoding': 'Chunked' };
    assert.equal(textOf(await fetchFrom(answering(200, headers))), 'a file');
  });

  it('is fetched through a redirect, with a connection for each step', async () => {
    const before = host.connections;
    const file = await fetchFrom(({ url }, response) => {
      if (url === '/file') {
        response.writeHead(302, { location: `http://localhost:${host.port}/there` });
        response.end();
      } else response.end('a file');
    });
    assert.equal(textOf(file), 'a file');
    assert.equal(host.connections, before + 2);
  });

  it('is not fetched through a redirect to another host', async (t) => {
    const trap = await startTrap();
    t.after(() => trap[Symbol.asyncDispose]());
    for (const location of [
      'http://10.0.0.1/',
      `http://0.0.0.0:${trap.port}/`,
      `http://[::ffff:7f00:1]:${trap.port}/`,
    ]) {
      const rule = answering(302, { location });
      await assert.rejects(fetchFrom(rule), { code: 'address_refused' });
    }
    assert.equal(await trap.seen(), 0);
  });

  it('may be empty', async () => {
    const bytes = await fetchFrom((_, response) => response.end());
    assert.equal(bytes.length, 0);
  });
});

describe('a file that is too large', { timeout: 60_000 }, () => {
  const tooLarge = { code: 'too_large', message: '127.0.0.1: the file has more than 1000 bytes' };

  it('is not read if its host declares its length', async () => {
    const rule: FileHost['rule'] = (_, response) => {
      response.writeHead(200, { 'content-length': '1001' });
      response.flushHeaders();
    };
    await assert.rejects(fetchFrom(rule), tooLarge);
  });

  it('is read only up to the bound if its host declares no length and never ends', async () => {
    await assert.rejects(
      fetchFrom((_, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(500)));
        };
        response.on('drain', more);
        more();
      }),
      tooLarge,
    );
  });

  it('is one byte larger than the bound', async () => {
    const of = (length: number): FileHost['rule'] => {
      return (_, response) => {
        response.writeHead(200);
        response.write(Buffer.alloc(length), () => response.end());
      };
    };
    assert.equal((await fetchFrom(of(1_000))).length, 1_000);
    await assert.rejects(fetchFrom(of(1_001)), tooLarge);
  });
});

describe('a host that does not serve the file', { timeout: 60_000 }, () => {
  for (const status of [201, 202, 203, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 503]) {
    it(`is reported with its status: ${status}`, async () => {
      const before = host.seen.all.length;
      const expected = { code: 'not_fetched', message: `127.0.0.1: it answered ${status}` };
      await assert.rejects(fetchFrom(answering(status)), expected);
      assert.equal(host.seen.all.length, before + 1);
    });
  }

  it('is reported if it redirects to nowhere', async () => {
    const expected = { code: 'not_fetched', message: '127.0.0.1: it answered 302' };
    await assert.rejects(fetchFrom(answering(302)), expected);
  });

  for (const packing of ['gzip', 'br', 'x-unknown', 'gzip, identity']) {
    it(`is reported if it compresses the file against the request: ${packing}`, async () => {
      const expected = { code: 'not_fetched', message: /compressed/ };
      await assert.rejects(fetchFrom(answering(200, { 'content-encoding': packing })), expected);
      assert.equal(host.seen.all.at(-1)?.headers['accept-encoding'], 'identity');
    });
  }

  const raw: Readonly<Record<string, string>> = {
    'breaks off': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf a fi',
    'breaks off in a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf a fi',
    'compresses the transfer': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'sends two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'sends an invalid length': 'HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\nab',
    'sends a length and chunks': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'speaks another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
    'switches the protocol': 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nbytes',
    'sends nothing': '',
    'sends too large headers': `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\na file`,
    'sends only informational responses': 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n',
  };
  for (const [name, said] of Object.entries(raw)) {
    it(`is reported if it ${name}`, async () => {
      await assert.rejects(
        fetchFrom((request) => request.socket.end(said)),
        { code: 'not_fetched' },
      );
    });
  }

  it('is reported if it breaks the connection', async () => {
    await assert.rejects(
      fetchFrom((request) => request.socket.resetAndDestroy()),
      { code: 'not_fetched' },
    );
    await assert.rejects(
      fetchFrom((_, response) => {
        response.writeHead(200);
        response.write('half', () => response.socket?.resetAndDestroy());
      }),
      { code: 'not_fetched' },
    );
  });

  it('is reported if it does not exist', async () => {
    const trap = await startTrap();
    await trap[Symbol.asyncDispose]();
    const gone = fetchSafely({ ...REQUEST, url: `http://localhost:${trap.port}/` }, fetchDeps());
    await assert.rejects(gone, { code: 'not_fetched', message: 'localhost: no answer' });
  });

  it('is not requested with an invalid header or without the required token', async () => {
    for (const authorization of [
      async () => 'Bearer a-secret\r\nX-Other: 1',
      async () => Promise.reject(new Error('no key today')),
    ]) {
      const error = await fetchFrom(answering(200), { authorization }).then(
        () => assert.fail('it was fetched'),
        (reason) => reason,
      );
      assert.equal(error.code, 'not_fetched');
      assert.doesNotMatch(`${error.message} ${error.cause.message}`, /secret/);
    }
  });
});
