import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { fetchSafely } from '../../src/attachments/safe-fetch.ts';
import type { FetchRules } from '../../src/config/allowed-hosts.ts';
import type { AttachmentError } from '../../src/errors.ts';
import { forbiddenV4, forbiddenV6, formsOfV4, formsOfV6, v4InV6 } from './forms.ts';
import {
  fetchDeps,
  type Names,
  type Network,
  names,
  networkTo,
  PUBLIC_V4,
  PUBLIC_V6,
  startTrap,
  type Trap,
} from './trap.ts';

const RULES: FetchRules = { hosts: [{ host: 'good.example' }], allowLoopback: false };

let trap: Trap;
before(async () => {
  trap = await startTrap();
});
after(() => trap[Symbol.asyncDispose]());

function fetchGood(resolver: Names, network: Network, rules = RULES, url = 'https://good.example/') {
  const deps = fetchDeps({ lookup: resolver.lookup, connect: network.connect });
  const request = { url, rules, maxBytes: 1_000, timeoutMs: 8_000, signal: new AbortController().signal };
  return fetchSafely(request, deps).then(
    () => assert.fail('it was fetched'),
    (reason: AttachmentError) => reason,
  );
}

async function assertRefused(addresses: readonly string[], rules = RULES, url?: string): Promise<AttachmentError> {
  const resolver = names({ 'good.example': [addresses] });
  const network = networkTo(() => trap.port);
  const error = await fetchGood(resolver, network, rules, url);
  assert.equal(error.code, 'address_refused', addresses.join(' '));
  assert.deepEqual(resolver.asked, ['good.example']);
  assert.deepEqual(network.made, []);
  return error;
}

describe('an allowed host name', { timeout: 60_000 }, () => {
  for (const addresses of [
    ['127.0.0.1'],
    ['::1'],
    ['0.0.0.0'],
    ['10.0.0.5'],
    ['192.168.1.1'],
    ['172.16.3.4'],
    ['100.64.0.1'],
    ['169.254.169.254'],
    ['168.63.129.16'],
    ['100.100.100.200'],
    ['fd00:ec2::254'],
    ['fe80::1'],
    ['fe80::1%eth0'],
    ['::'],
    ['::ffff:127.0.0.1'],
    ['::ffff:7f00:1'],
    [`::ffff:${PUBLIC_V4}`],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::1'],
    ['not an address'],
    [''],
    // One forbidden address of several is enough, since the system might choose that one.
    [PUBLIC_V4, '127.0.0.1'],
    ['127.0.0.1', PUBLIC_V4],
    [PUBLIC_V4, PUBLIC_V6, '10.1.2.3'],
    [PUBLIC_V4, '::1'],
    [PUBLIC_V6, 'fd12:3456:789a::1'],
  ]) {
    it(`is rejected if it resolves to ${JSON.stringify(addresses)}`, async () => {
      const { message } = await assertRefused(addresses);
      assert.match(message, /^good\.example: it leads to /);
    });
  }

  it('is rejected if it resolves to any forbidden address, alone or among others', async () => {
    const any = fc.asyncProperty(forbiddenV4, forbiddenV6, async (value, groups) => {
      const forms = [...formsOfV4(value), ...[groups, ...v4InV6(value)].flatMap(formsOfV6)];
      for (const address of forms) {
        await assertRefused([address]);
        await assertRefused([PUBLIC_V6, PUBLIC_V4, address]);
      }
    });
    await fc.assert(any, { numRuns: 10 });
  });

  it('is not fetched from if it does not resolve', async () => {
    const network = networkTo(() => trap.port);
    for (const resolver of [names({}), names({ 'good.example': [[]] })]) {
      assert.equal((await fetchGood(resolver, network)).code, 'not_fetched');
    }
    assert.deepEqual(network.made, []);
  });

  it('may resolve to this machine in development, at any port, but not to its network', async () => {
    const rules = { ...RULES, allowLoopback: true };
    for (const address of ['10.0.0.5', '169.254.169.254', '168.63.129.16', '0.0.0.0', '::ffff:127.0.0.1', 'fe80::1']) {
      await assertRefused([address], rules);
      await assertRefused(['127.0.0.1', address], rules);
    }
    await assertRefused([PUBLIC_V4], rules, 'https://good.example:8443/');
    await assertRefused(['127.0.0.1', PUBLIC_V4], rules, 'https://good.example:8443/');
  });

  it('gets no exception for being called localhost', async () => {
    const resolver = names({ localhost: [[PUBLIC_V4]] });
    const network = networkTo(() => trap.port);
    for (const scheme of ['http', 'https']) {
      const error = await fetchGood(resolver, network, { ...RULES, allowLoopback: true }, `${scheme}://localhost/`);
      assert.equal(error.message, `localhost: it leads to ${PUBLIC_V4}`);
    }
    assert.deepEqual(network.made, []);
  });

  it('has led no connection into the trap', async () => assert.equal(await trap.seen(), 0));
});

describe('a host name that changes its address', { timeout: 60_000 }, () => {
  it('is looked up once, and the connection uses that address', async (t) => {
    const resolver = names({ 'good.example': [[PUBLIC_V6, PUBLIC_V4], ['127.0.0.1']] });
    const own = await startTrap();
    t.after(() => own[Symbol.asyncDispose]());
    const network = networkTo(() => own.port);
    const ending = new AbortController();
    const deps = fetchDeps({ lookup: resolver.lookup, connect: network.connect });
    const limits = { maxBytes: 1_000, timeoutMs: 8_000, signal: ending.signal };
    const fetched = fetchSafely({ url: 'https://good.example/', rules: RULES, ...limits }, deps);
    while ((await own.seen()) === 0);
    ending.abort(new Error('enough'));
    await assert.rejects(fetched, /enough/);
    assert.deepEqual(resolver.asked, ['good.example']);
    assert.deepEqual(network.made, [`${PUBLIC_V6} ${PUBLIC_V4} port 443`]);
  });

  for (const arrivesAt of ['127.0.0.1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254', '']) {
    it(`is sent nothing if the connection leads to ${JSON.stringify(arrivesAt)}`, async (t) => {
      const heard: Buffer[] = [];
      const own = await startTrap('127.0.0.1', (chunk) => heard.push(chunk));
      t.after(() => own[Symbol.asyncDispose]());
      const network = networkTo(() => own.port, arrivesAt);
      const error = await fetchGood(names({ 'good.example': [[PUBLIC_V4]] }), network);
      assert.equal(error.code, 'address_refused');
      assert.equal(error.message, `good.example: it leads to ${arrivesAt || 'nowhere'}`);
      assert.equal(await own.seen(), 1);
      await own.whenLeft();
      assert.deepEqual(heard, []);
    });
  }
});
