import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { makeCertificate } from '../support/certificate.ts';
import { CERTIFIED, type FarEnd, redirecting, startFarEnd } from './far-end.ts';
import { PUBLIC_V4, PUBLIC_V6 } from './trap.ts';

const certificate = makeCertificate(...CERTIFIED);
after(() => certificate?.close());
const skip = certificate === undefined ? 'there is no openssl' : false;
const TOKEN = 'the-token-of-the-bot';
const VIEW = 'https://service.good.test/emea/v3/attachments/1/views/original';
const KEY = { serviceUrl: 'https://service.good.test/emea/', token: TOKEN };

describe('a file on an internet host', { skip, timeout: 60_000 }, () => {
  let far: FarEnd;
  before(async () => {
    if (certificate !== undefined) far = await startFarEnd(certificate);
  });
  after(() => far?.[Symbol.asyncDispose]());
  beforeEach(() => {
    far.rule = redirecting();
  });

  /** The response was a redirect that was not followed; only allowed hosts were contacted. */
  async function assertRefused(location: string, order: Parameters<FarEnd['fetch']>[0] = {}) {
    far.rule = redirecting(location);
    const report = await far.fetch(order);
    assert.equal('code' in report.outcome ? report.outcome.code : report.outcome.text, 'address_refused', location);
    assert.deepEqual(
      far.seen.map(({ host }) => host),
      ['files.good.test'],
    );
    assert.deepEqual(report.made, [`${PUBLIC_V4} port 443`]);
    assert.equal(await far.trap.seen(), 0);
    return report;
  }

  it("is fetched over TLS, by its exact address and without the bot's credentials", async () => {
    far.rule = (_, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' });
      response.end('a file');
    };
    const report = await far.fetch({ url: 'https://files.good.test:443/a%20file?key=a-secret#fragment' });
    assert.deepEqual(report, {
      outcome: { text: 'a file' },
      asked: ['files.good.test'],
      made: [`${PUBLIC_V4} port 443`],
      waitedMs: [],
    });
    assert.equal(await far.trap.seen(), 0);
    const [{ url, headers, servername } = assert.fail(), ...more] = far.seen;
    assert.deepEqual(more, []);
    assert.equal(url, '/a%20file?key=a-secret');
    assert.equal(servername, 'files.good.test');
    assert.deepEqual(headers, {
      host: 'files.good.test',
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
    });
  });

  it('is fetched over IPv6', async () => {
    const { outcome } = await far.fetch({ resolves: { 'files.good.test': [[PUBLIC_V6]] } });
    assert.deepEqual(outcome, { text: 'a file' });
  });

  it('is not read further if it is too large or breaks off', async () => {
    far.rule = (_, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(100_000));
    };
    const { outcome } = await far.fetch({});
    assert.equal('code' in outcome && outcome.code, 'too_large');
    far.rule = (_, response) => {
      response.writeHead(200);
      response.write('half', () => response.socket?.destroy());
    };
    const { outcome: broken } = await far.fetch({});
    assert.equal('code' in broken && broken.code, 'not_fetched');
  });

  it("is not fetched from a host with another host's certificate", async () => {
    const rules = { hosts: [{ host: 'files.other.test' }], allowLoopback: false };
    const resolves = { 'files.other.test': [[PUBLIC_V4]] };
    const { outcome } = await far.fetch({ url: 'https://files.other.test/', rules, resolves });
    assert.equal('code' in outcome && outcome.code, 'not_fetched');
    assert.match(('cause' in outcome && outcome.cause) || '', /altnames/);
    assert.deepEqual(far.seen, []);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`is fetched through a redirect: ${status}`, async () => {
      far.rule = ({ host }, response) => {
        if (host === 'other.good.test') response.end('a file');
        else {
          response.writeHead(status, { location: 'https://other.good.test/there' });
          response.end();
        }
      };
      const report = await far.fetch({});
      assert.deepEqual(report.outcome, { text: 'a file' });
      assert.deepEqual(report.asked, ['files.good.test', 'other.good.test']);
    });
  }

  it('is fetched through a relative redirect, and through at most three', async () => {
    far.rule = redirecting('/second', '//other.good.test/third', '?fourth');
    assert.deepEqual((await far.fetch({})).outcome, { text: 'a file' });
    assert.deepEqual(
      far.seen.map(({ host, url }) => `${host}${url}`),
      ['files.good.test/file', 'files.good.test/second', 'other.good.test/third', 'other.good.test/third?fourth'],
    );
    far.rule = redirecting('/second', '/third', '/fourth', '/fifth');
    const { outcome } = await far.fetch({});
    assert.deepEqual(outcome, { code: 'not_fetched', message: 'files.good.test: too many redirects' });
    assert.equal(far.seen.length, 4);
  });

  it('is given up after circular redirects', async () => {
    far.rule = (_, response) => {
      response.writeHead(302, { location: '/file' });
      response.end();
    };
    const { outcome } = await far.fetch({});
    assert.deepEqual(outcome, { code: 'not_fetched', message: 'files.good.test: too many redirects' });
    assert.equal(far.seen.length, 4);
  });

  for (const location of [
    'http://files.good.test/file',
    'http://other.good.test/file',
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'http://169.254.169.254/metadata/instance',
    'https://169.254.169.254/metadata/instance',
    'https://168.63.129.16/',
    'https://[fd00:ec2::254]/',
    'https://evil.bad.test/',
    'https://good.test/',
    'https://good.test.evil.bad.test/',
    'https://evilgood.test/',
    'https://files.good.test./',
    'https://files.good.test:8443/',
    'https://user@files.good.test/',
    'https://files.good.test@127.0.0.1/',
    '//127.0.0.1/',
    '\\\\127.0.0.1\\',
    '/\\127.0.0.1/',
    '/\t/127.0.0.1/',
    'file:///etc/passwd',
    'ftp://files.good.test/',
    'gopher://127.0.0.1:25/',
    'data:text/plain,a file',
    'javascript:alert(1)',
    'https://[nonsense',
    `https://files.good.test/${'x'.repeat(8_192)}`,
  ]) {
    it(`is not fetched through a redirect to ${location.slice(0, 60)}`, () => assertRefused(location).then(() => {}));
  }

  it('is not fetched, in development, through a redirect from https to http on this machine', async () => {
    // Without TLS, the request would go there.
    const rules = { hosts: [{ host: '*.good.test' }], allowLoopback: true };
    const { outcome } = await assertRefused(`http://127.0.0.1:${far.trap.port}/`, { rules });
    assert.equal('message' in outcome && outcome.message, '127.0.0.1: a redirect away from https');
  });

  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00:ec2::254']) {
    it(`is not fetched through a redirect to an allowed name that resolves to ${address}`, async () => {
      const resolves = { 'other.good.test': [[PUBLIC_V4, address]] };
      const { asked } = await assertRefused('https://other.good.test/', { resolves });
      assert.deepEqual(asked, ['files.good.test', 'other.good.test']);
    });

    it(`is not fetched through a redirect to its own name if that now resolves to ${address}`, async () => {
      const resolves = { 'files.good.test': [[PUBLIC_V4], [address]] };
      const { asked } = await assertRefused('https://files.good.test/again', { resolves });
      assert.deepEqual(asked, ['files.good.test', 'files.good.test']);
    });
  }

  it('is reported without the keys in its address or in its redirects', async () => {
    const url = 'https://files.good.test/a-secret?b-secret';
    for (const location of ['https://evil.bad.test/c-secret', '/d-secret', '/e-secret']) {
      far.rule = (_, response) => {
        response.writeHead(302, { location });
        response.end();
      };
      const { outcome } = await far.fetch({ url, key: KEY });
      assert.ok('message' in outcome);
      assert.doesNotMatch(JSON.stringify(outcome), /secret|the-token/);
    }
  });

  describe("the channel's token on redirects", () => {
    const tokens = () => far.seen.map(({ host, headers }) => [host, headers.authorization]);

    it('is sent to the channel itself', async () => {
      const { outcome } = await far.fetch({ url: VIEW, key: KEY });
      assert.deepEqual(outcome, { text: 'a file' });
      assert.deepEqual(tokens(), [['service.good.test', `Bearer ${TOKEN}`]]);
    });

    it('is not sent to another host', async () => {
      await far.fetch({ url: 'https://files.good.test/', key: KEY });
      assert.deepEqual(tokens(), [['files.good.test', undefined]]);
    });

    it('is dropped when the channel redirects to another host', async () => {
      far.rule = redirecting('https://files.good.test/file');
      await far.fetch({ url: VIEW, key: KEY });
      assert.deepEqual(tokens(), [
        ['service.good.test', `Bearer ${TOKEN}`],
        ['files.good.test', undefined],
      ]);
    });

    it('is sent when another host redirects to the channel, and dropped after that', async () => {
      far.rule = redirecting(VIEW, 'https://other.good.test/');
      await far.fetch({ key: KEY });
      assert.deepEqual(tokens(), [
        ['files.good.test', undefined],
        ['service.good.test', `Bearer ${TOKEN}`],
        ['other.good.test', undefined],
      ]);
    });

    it('is dropped when the channel redirects to another of its routes', async () => {
      far.rule = redirecting('/emea/v3/conversations/19:other/members');
      await far.fetch({ url: VIEW, key: KEY });
      assert.deepEqual(
        far.seen.map(({ url, headers }) => [url, headers.authorization]),
        [
          ['/emea/v3/attachments/1/views/original', `Bearer ${TOKEN}`],
          ['/emea/v3/conversations/19:other/members', undefined],
        ],
      );
    });

    it('never reaches a host that is not allowed', async () => {
      far.rule = redirecting('https://evil.bad.test/');
      const { outcome } = await far.fetch({ url: VIEW, key: KEY });
      assert.equal('code' in outcome && outcome.code, 'address_refused');
      assert.deepEqual(tokens(), [['service.good.test', `Bearer ${TOKEN}`]]);
      await far.fetch({
        url: 'https://evil.bad.test/v3/attachments/1/views/original',
        key: { ...KEY, serviceUrl: 'https://evil.bad.test/' },
      });
      assert.deepEqual(tokens(), []);
      assert.equal(await far.trap.seen(), 0);
    });
  });
});
