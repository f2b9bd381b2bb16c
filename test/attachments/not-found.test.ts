import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FetchRules } from '../../src/config/allowed-hosts.ts';
import { makeCertificate } from '../support/certificate.ts';
import { CERTIFIED, type FarEnd, redirecting, startFarEnd } from './far-end.ts';
import { PUBLIC_V4 } from './trap.ts';

const certificate = makeCertificate(...CERTIFIED);
let far: FarEnd;
before(async () => {
  if (certificate !== undefined) far = await startFarEnd(certificate);
});
after(async () => {
  await far?.[Symbol.asyncDispose]();
  certificate?.close();
});
const skip = certificate === undefined ? 'there is no openssl' : false;
const SLOW: FetchRules = { hosts: [{ host: 'files.good.test', retriesRefused: true }], allowLoopback: false };
const EXACT: FetchRules = { hosts: [{ host: 'files.good.test' }], allowLoopback: false };

describe('a file that its host does not have yet', { skip, timeout: 60_000 }, () => {
  /** Each request gets the next status; the last one repeats. */
  function answers(...statuses: readonly number[]): void {
    let count = 0;
    far.rule = (_, response) => {
      response.writeHead(statuses[Math.min(count++, statuses.length - 1)] ?? 200);
      response.end('a file');
    };
  }

  for (const status of [401, 403, 404]) {
    it(`is requested again after a second if the host may get it later than the bot: ${status}`, async () => {
      answers(status, 200);
      const report = await far.fetch({ rules: SLOW });
      assert.deepEqual(report.outcome, { text: 'a file' });
      assert.deepEqual(report.waitedMs, [1_000]);
      assert.equal(far.seen.length, 2);
    });

    it(`is never requested a third time: ${status}`, async () => {
      answers(status);
      const { outcome } = await far.fetch({ rules: SLOW });
      assert.deepEqual(outcome, { code: 'not_fetched', message: `files.good.test: it answered ${status}` });
      assert.equal(far.seen.length, 2);
    });
  }

  it('is requested only twice, whatever is answered in between', async () => {
    answers(403, 404, 200);
    const { outcome } = await far.fetch({ rules: SLOW });
    assert.deepEqual(outcome, { code: 'not_fetched', message: 'files.good.test: it answered 404' });
    assert.equal(far.seen.length, 2);
  });

  it('is not requested again at another host, nor for another reason', async () => {
    for (const status of [401, 403, 404]) {
      answers(status);
      assert.deepEqual((await far.fetch({ rules: EXACT })).waitedMs, []);
      assert.equal(far.seen.length, 1);
    }
    for (const status of [400, 410, 429, 500]) {
      answers(status);
      assert.deepEqual((await far.fetch({ rules: SLOW })).waitedMs, []);
      assert.equal(far.seen.length, 1);
    }
  });

  it('is requested with its token both times', async () => {
    answers(403, 200);
    const rules = { hosts: [{ host: 'service.good.test', retriesRefused: true } as const], allowLoopback: false };
    const key = { serviceUrl: 'https://service.good.test/', token: 'a-token' };
    await far.fetch({ rules, key, url: 'https://service.good.test/v3/attachments/1/views/original' });
    assert.deepEqual(
      far.seen.map(({ headers }) => headers.authorization),
      ['Bearer a-token', 'Bearer a-token'],
    );
  });

  it('is looked up and checked again for the second request', async () => {
    answers(404, 200);
    const resolves = { 'files.good.test': [[PUBLIC_V4], ['127.0.0.1']] };
    const report = await far.fetch({ rules: SLOW, resolves });
    assert.deepEqual(report.outcome, { code: 'address_refused', message: 'files.good.test: it leads to 127.0.0.1' });
    assert.equal(far.seen.length, 1);
    assert.equal(await far.trap.seen(), 0);
  });
});

const SIGN_IN: FetchRules = {
  hosts: [{ host: 'files.good.test', wantsSignIn: true }, { host: 'other.good.test' }],
  allowLoopback: false,
};

describe('a file that requires a person to sign in', { skip, timeout: 60_000 }, () => {
  const codeOf = async (rules = SIGN_IN) => {
    const { outcome } = await far.fetch({ rules });
    return 'code' in outcome ? outcome.code : outcome.text;
  };

  for (const status of [401, 403, 404, 410, 500]) {
    it(`is reported as such: ${status}`, async () => {
      far.rule = (_, response) => {
        response.writeHead(status);
        response.end('no');
      };
      assert.equal(await codeOf(), 'sign_in_needed');
      assert.equal(far.seen.length, 1);
      assert.equal(await codeOf(EXACT), 'not_fetched');
    });
  }

  it('is reported as such after a redirect to a host that is not a file host', async () => {
    far.rule = redirecting('https://evil.bad.test/common/oauth2/authorize?client_id=x');
    assert.equal(await codeOf(), 'sign_in_needed');
    assert.equal(far.seen.length, 1);
    far.rule = redirecting('https://evil.bad.test/common/oauth2/authorize?client_id=x');
    assert.equal(await codeOf(EXACT), 'address_refused');
  });

  it('is reported as such after endless redirects', async () => {
    far.rule = (_, response) => {
      response.writeHead(302, { location: '/_layouts/15/Authenticate.aspx' });
      response.end();
    };
    assert.equal(await codeOf(), 'sign_in_needed');
  });

  it('is fetched normally if its host accepts the request', async () => {
    far.rule = redirecting('https://other.good.test/file');
    assert.equal(await codeOf(), 'a file');
  });
});
