import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FetchRules } from '../../src/attachments/allowed-hosts.ts';
import { makeCertificate } from '../support/certificate.ts';
import { CERTIFIED, type FarEnd, startFarEnd } from './far-end.ts';
import { PUBLIC_V4 } from './trap.ts';

const certificate = makeCertificate(...CERTIFIED);
after(() => certificate?.close());
const skip = certificate === undefined ? 'there is no openssl' : false;
const SLOW: FetchRules = { hosts: [{ host: 'files.good.test', retriesNotFound: true }], allowLoopback: false };
const EXACT: FetchRules = { hosts: [{ host: 'files.good.test' }], allowLoopback: false };

describe('a file that is not found', { skip, timeout: 60_000 }, () => {
  let far: FarEnd;
  before(async () => {
    if (certificate !== undefined) far = await startFarEnd(certificate);
  });
  after(() => far?.[Symbol.asyncDispose]());

  /** Each request is answered with the next status, the last one stays. */
  function answers(...statuses: readonly number[]): void {
    let count = 0;
    far.rule = (_, response) =>
      response.writeHead(statuses[Math.min(count++, statuses.length - 1)] ?? 200).end('a file');
  }

  it('is asked for once more after a second, where the host may hear of it later than the bot', async () => {
    answers(404, 200);
    const report = await far.fetch({ rules: SLOW });
    assert.deepEqual(report.outcome, { text: 'a file' });
    assert.deepEqual(report.waitedMs, [1_000]);
    assert.equal(far.seen.length, 2);
  });

  it('is asked for no third time', async () => {
    answers(404);
    const { outcome } = await far.fetch({ rules: SLOW });
    assert.deepEqual(outcome, { code: 'not_fetched', message: 'files.good.test: it answered 404' });
    assert.equal(far.seen.length, 2);
  });

  it('is not asked for once more elsewhere, nor for another reason', async () => {
    answers(404);
    assert.deepEqual((await far.fetch({ rules: EXACT })).waitedMs, []);
    assert.equal(far.seen.length, 1);
    for (const status of [401, 403, 410, 500]) {
      answers(status);
      assert.deepEqual((await far.fetch({ rules: SLOW })).waitedMs, []);
      assert.equal(far.seen.length, 1);
    }
  });

  it('is looked up and judged anew for the second time', async () => {
    answers(404, 200);
    const resolves = { 'files.good.test': [[PUBLIC_V4], ['127.0.0.1']] };
    const report = await far.fetch({ rules: SLOW, resolves });
    assert.deepEqual(report.outcome, { code: 'address_refused', message: 'files.good.test: it leads to 127.0.0.1' });
    assert.equal(far.seen.length, 1);
    assert.equal(await far.trap.seen(), 0);
  });
});
