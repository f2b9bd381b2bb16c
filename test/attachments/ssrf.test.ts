import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { fetchSafely } from '../../src/attachments/safe-fetch.ts';
import type { FetchRules } from '../../src/config/allowed-hosts.ts';
import type { AttachmentError } from '../../src/errors.ts';
import { forbiddenV4, forbiddenV6, formsOfV4, formsOfV6, v4InV6 } from './forms.ts';
import { fetchDeps, names, networkTo, PUBLIC_V4, startTrap, type Trap } from './trap.ts';

const RULES: FetchRules = {
  hosts: [{ host: 'good.example' }, { host: '*.sharepoint.test' }, { host: 'smba.trafficmanager.test' }],
  allowLoopback: false,
};
const GENEROUS = { rules: RULES, maxBytes: 1_000, timeoutMs: 8_000, signal: new AbortController().signal };

let trap: Trap;
before(async () => {
  trap = await startTrap();
});
after(() => trap[Symbol.asyncDispose]());

/** Every name has a public address, and every connection leads to the trap: only the text of an address is checked. */
async function fetchInto(url: string, rules = RULES) {
  const network = networkTo(() => trap.port);
  const asked: string[] = [];
  const deps = fetchDeps({
    connect: network.connect,
    async lookup(name) {
      asked.push(name);
      return [{ address: PUBLIC_V4, family: 4 }];
    },
  });
  const error: AttachmentError = await fetchSafely({ ...GENEROUS, url, rules }, deps).then(
    () => assert.fail('it was fetched'),
    (reason) => reason,
  );
  return { error, asked, made: network.made };
}

async function assertRefused(url: string, rules = RULES): Promise<void> {
  const { error, asked, made } = await fetchInto(url, rules);
  assert.equal(error.code, 'address_refused', url);
  assert.deepEqual([asked, made], [[], []], url);
}

describe('the trap', () => {
  it('detects a request to an allowed address, so that the tests below prove something', async (t) => {
    const own = await startTrap();
    t.after(() => own[Symbol.asyncDispose]());
    const network = networkTo(() => own.port);
    const lookup = names({ 'good.example': [[PUBLIC_V4]] });
    const ending = new AbortController();
    const deps = fetchDeps({ lookup: lookup.lookup, connect: network.connect });
    const fetched = fetchSafely({ ...GENEROUS, url: 'https://good.example/', signal: ending.signal }, deps);
    while ((await own.seen()) === 0);
    ending.abort(new Error('enough'));
    await assert.rejects(fetched, /enough/);
    assert.equal(await own.seen(), 1);
    assert.deepEqual(network.made, [`${PUBLIC_V4} port 443`]);
  });
});

describe('a forbidden address', { timeout: 60_000 }, () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    'another scheme': [
      'http://good.example/',
      'http://127.0.0.1/',
      'file:///etc/passwd',
      'file://good.example/etc/passwd',
      'ftp://good.example/',
      'gopher://good.example/_GET',
      'ws://good.example/',
      'wss://good.example/',
      'data:text/plain,good.example',
      'javascript:fetch("https://good.example")',
      'blob:https://good.example/1',
      'jar:https://good.example!/',
      'dict://good.example:11211/stats',
      'ldap://good.example/',
      'unix:/var/run/docker.sock',
      'about:blank',
    ],
    'no address': ['', ' ', 'good.example', '//good.example/', '/path', 'https://', 'https:///', 'https://[', 'null'],
    loopback: [
      'https://localhost/',
      'https://LOCALHOST/',
      'https://localhost./',
      'https://a.localhost/',
      'https://127.0.0.1/',
      'https://127.1/',
      'https://127.0.1/',
      'https://2130706433/',
      'https://0177.0.0.1/',
      'https://0x7f.1/',
      'https://0x7f000001/',
      'https://017700000001/',
      'https://127.0.0.1./',
      'https://127。0。0。1/',
      'https://１２７.０.０.１/',
      'https://①②⑦.⓪.⓪.①/',
      'https://0/',
      'https://0.0.0.0/',
      'https://[::1]/',
      'https://[::]/',
      'https://[0:0:0:0:0:0:0:1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
      'https://[::127.0.0.1]/',
      'https://[64:ff9b::7f00:1]/',
      'https://[2002:7f00:1::]/',
      'https://[fe80::1%25eth0]/',
      'https://[fe80::1]/',
    ],
    'an address in numbers, even a public one': [
      `https://${PUBLIC_V4}/`,
      'https://8.8.8.8/',
      'https://[2603:1063::1]/',
    ],
    metadata: [
      'https://169.254.169.254/metadata/instance',
      'https://[fd00:ec2::254]/',
      'https://168.63.129.16/',
      'https://100.100.100.200/',
      'https://metadata.google.internal/',
      'https://instance-data/',
    ],
    credentials: [
      'https://user@good.example/',
      'https://:password@good.example/',
      'https://user:password@good.example/',
      'https://good.example@127.0.0.1/',
      'https://good.example%40127.0.0.1/',
      'https://good.example:443@127.0.0.1/',
      'https://127.0.0.1@good.example/',
      'https://good.example@127.0.0.1@evil.example/',
    ],
    'a host that readers take for another': [
      'https://127.0.0.1#@good.example/',
      'https://127.0.0.1?@good.example/',
      'https://127.0.0.1/@good.example/',
      'https://evil.example#.sharepoint.test',
      'https://evil.example?.sharepoint.test',
      'https://evil.example\\.sharepoint.test/',
      'https://good.example\\@127.0.0.1/',
      'https:\\\\good.example/',
      'https://good.example/\\path',
      'https://good\t.example/',
      'https://good.example\n/',
      'https://good.example/\r\nHost: evil.example',
      'ht\ntps://good.example/',
      '\u0000https://good.example/',
      'https://good.example/\u007f',
      'https://good.example/\u0085',
      'https://good.example%00.evil.example/',
      'https://good.example%2eevil.example/',
      'https://evil.example%23.sharepoint.test/',
      'https://evil.example%2f.sharepoint.test/',
    ],
    'a host that is like an allowed one': [
      'https://evilsharepoint.test/',
      'https://sharepoint.test/',
      'https://.sharepoint.test/',
      'https://x..sharepoint.test/',
      'https://x.sharepoint.test.evil.example/',
      'https://x.sharepoint.test./',
      'https://good.example./',
      'https://x.good.example/',
      'https://other.trafficmanager.test/',
      'https://good.examplе/',
    ],
    'another port': [
      'https://good.example:80/',
      'https://good.example:8443/',
      'https://good.example:22/',
      'https://good.example:0/',
      'https://good.example:65536/',
      'https://good.example:-1/',
    ],
  };

  for (const [name, urls] of Object.entries(refused)) {
    for (const url of urls) {
      it(`is rejected before its name is looked up, for ${name}: ${JSON.stringify(url)}`, () => assertRefused(url));
    }
  }

  it('is rejected before its name is looked up, for its length', async () => {
    await assertRefused(`https://good.example/${'x'.repeat(8_192)}`);
    // One that shrinks when it is parsed, and one that grows.
    await assertRefused(`https://good.example/${'./'.repeat(4_096)}`);
    await assertRefused(`https://good.example/${'ü'.repeat(4_000)}`);
    await assertRefused(`https://${'good.example'.repeat(100_000)}/`);
  });

  it('is rejected in any notation', async () => {
    const any = fc.asyncProperty(forbiddenV4, forbiddenV6, async (value, groups) => {
      for (const host of formsOfV4(value)) await assertRefused(`https://${host}/`);
      for (const wide of [groups, ...v4InV6(value)]) {
        for (const host of formsOfV6(wide)) await assertRefused(`https://[${host}]/`);
      }
    });
    await fc.assert(any, { numRuns: 20 });
  });

  it('is reported with its host, and without the rest of it', async () => {
    for (const url of [
      'https://evil.example/a-secret?b-secret#c-secret',
      'https://a-secret:b-secret@good.example/c-secret',
      'file:///a-secret',
      'a-secret',
    ]) {
      const { error } = await fetchInto(url);
      assert.doesNotMatch(`${error.message} ${error.stack}`, /secret/);
    }
    assert.equal(
      (await fetchInto('https://evil.example/')).error.message,
      'evil.example: not a host that attachments are fetched from',
    );
  });

  it('has led no connection into the trap', async () => assert.equal(await trap.seen(), 0));
});

describe('a server of this machine on a real network', { timeout: 60_000 }, () => {
  for (const host of [
    '127.0.0.1',
    'localhost',
    '127.1',
    '2130706433',
    '0177.0.0.1',
    '0x7f.1',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::]',
  ]) {
    it(`is not reached through ${host}`, async () => {
      for (const scheme of ['http', 'https']) {
        const url = `${scheme}://${host}:${trap.port}/`;
        await assert.rejects(fetchSafely({ ...GENEROUS, url }, fetchDeps()), { code: 'address_refused' });
      }
      assert.equal(await trap.seen(), 0);
    });
  }
});
