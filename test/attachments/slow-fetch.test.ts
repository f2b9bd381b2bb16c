import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Lookup } from '../../src/attachments/connection.ts';
import { type FetchDeps, type FetchRequest, fetchSafely } from '../../src/attachments/safe-fetch.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type FileHost, startFileHost } from './file-host.ts';
import { fetchDeps, names, networkTo, PUBLIC_V4, startTrap, type Trap } from './trap.ts';

const TIMEOUT_MS = 8_000;
const never = () => new Promise<never>(() => {});

let host: FileHost;
let trap: Trap;
before(async () => {
  host = await startFileHost(() => {});
  trap = await startTrap();
});
after(async () => {
  await host[Symbol.asyncDispose]();
  await trap[Symbol.asyncDispose]();
});

/** What stalls, and when. */
interface Hang {
  readonly url: () => string;
  readonly deps?: () => Partial<FetchDeps>;
  readonly request?: Partial<FetchRequest>;
  readonly rule?: FileHost['rule'];
  /** Resolves once it stalls. */
  readonly hangs: () => Promise<unknown>;
}

const NAMED = () => 'https://good.example/a-secret';
const atHost = () => host.url;
const asked = () => host.seen.when(host.seen.all.length + 1);
let hung = Promise.withResolvers<void>();

const HANGS: Readonly<Record<string, Hang>> = {
  'a name that is never found': {
    url: NAMED,
    deps: () => ({
      lookup() {
        hung.resolve();
        return never();
      },
    }),
    hangs: () => hung.promise,
  },
  'a connection that never opens': {
    url: NAMED,
    deps: () => ({
      lookup: names({ 'good.example': [[PUBLIC_V4]] }).lookup,
      connect: () => connect({ host: 'x', port: 443, lookup: () => hung.resolve() }),
    }),
    hangs: () => hung.promise,
  },
  'TLS that never comes about': {
    url: NAMED,
    deps: () => ({
      lookup: names({ 'good.example': [[PUBLIC_V4]] }).lookup,
      connect: networkTo(() => trap.port).connect,
    }),
    hangs: () => trap.whenHeard(),
  },
  'an answer that never comes': { url: atHost, rule: () => {}, hangs: asked },
  'a body that never comes': {
    url: atHost,
    rule: (_, response) => {
      response.writeHead(200);
      response.flushHeaders();
    },
    hangs: asked,
  },
  'a body that never ends': {
    url: atHost,
    rule: (_, response) => {
      response.writeHead(200);
      response.write('half');
    },
    hangs: asked,
  },
  'a redirect that leads to silence': {
    url: atHost,
    rule: ({ url }, response) => {
      if (url === '/file') {
        response.writeHead(302, { location: '/there' });
        response.write('a body without end');
      }
    },
    hangs: () => host.seen.when(host.seen.all.length + 2),
  },
  'a key that never comes': {
    url: atHost,
    request: {
      authorization: () => {
        hung.resolve();
        return never();
      },
    },
    hangs: () => hung.promise,
  },
};

async function startHanging({ url, deps, request, rule, hangs }: Hang, signal: AbortSignal) {
  hung = Promise.withResolvers();
  if (rule !== undefined) host.rule = rule;
  const clock = new ManualClock();
  const rules = { hosts: [{ host: 'good.example' }], allowLoopback: url !== NAMED };
  const hanging = hangs();
  const fetched = fetchSafely(
    { url: url(), rules, maxBytes: 1_000, timeoutMs: TIMEOUT_MS, signal, ...request },
    fetchDeps({ clock, ...deps?.() }),
  );
  fetched.catch(() => {});
  await hanging;
  return { clock, fetched };
}

describe('a file that does not arrive', { timeout: 60_000 }, () => {
  for (const [name, hang] of Object.entries(HANGS)) {
    it(`is given up after its time limit: ${name}`, async () => {
      const { clock, fetched } = await startHanging(hang, new AbortController().signal);
      await clock.advance(TIMEOUT_MS - 1);
      assert.deepEqual(clock.waiting, [TIMEOUT_MS]);
      await clock.advance(1);
      const message = `${new URL(hang.url()).hostname}: no file within ${TIMEOUT_MS} ms`;
      await assert.rejects(fetched, { code: 'too_slow', message });
      assert.deepEqual(clock.waiting, []);
      await host.whenLeft();
      await trap.whenLeft();
    });

    it(`is given up on abort: ${name}`, async () => {
      const ending = new AbortController();
      const { clock, fetched } = await startHanging(hang, ending.signal);
      const reason = new Error('the user said stop');
      ending.abort(reason);
      await assert.rejects(fetched, reason);
      assert.deepEqual(clock.waiting, []);
      await host.whenLeft();
      await trap.whenLeft();
    });
  }

  it('is not requested if the signal was aborted before', async () => {
    const before = host.connections;
    const signal = AbortSignal.abort(new Error('the user said stop'));
    const request = { rules: { hosts: [], allowLoopback: true }, maxBytes: 1_000, timeoutMs: TIMEOUT_MS, signal };
    await assert.rejects(fetchSafely({ ...request, url: host.url }, fetchDeps()), /the user said stop/);
    assert.equal(host.connections, before);
  });

  it('is not requested if its name is resolved too late', async () => {
    const network = networkTo(() => trap.port);
    const asked = Promise.withResolvers<void>();
    const found = Promise.withResolvers<readonly LookupAddress[]>();
    const lookup: Lookup = () => {
      asked.resolve();
      return found.promise;
    };
    const ending = new AbortController();
    const rules = { hosts: [{ host: 'good.example' }], allowLoopback: false };
    const request = { rules, maxBytes: 1_000, timeoutMs: TIMEOUT_MS, signal: ending.signal };
    const fetched = fetchSafely({ ...request, url: NAMED() }, fetchDeps({ lookup, connect: network.connect }));
    await asked.promise;
    ending.abort(new Error('the user said stop'));
    await assert.rejects(fetched, /the user said stop/);
    found.resolve([{ address: PUBLIC_V4, family: 4 }]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(network.made, []);
  });
});
