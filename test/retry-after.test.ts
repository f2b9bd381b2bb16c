import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryAfterMs } from '../src/retry-after.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);

describe('the wait in HTTP headers', () => {
  it('is read in seconds', () => {
    assert.equal(retryAfterMs({ 'retry-after': '7' }, NOW_MS), 7_000);
    assert.equal(retryAfterMs({ 'retry-after': '0' }, NOW_MS), 0);
    assert.equal(retryAfterMs({ 'retry-after': ' 1.5 ' }, NOW_MS), 1_500);
  });

  it('is read as a date, and is over at that date', () => {
    assert.equal(retryAfterMs({ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, NOW_MS), 30_000);
    assert.equal(retryAfterMs({ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, NOW_MS), 0);
  });

  it('is read from retry-after-ms of a gateway', () => {
    assert.equal(retryAfterMs({ 'retry-after-ms': '250', 'retry-after': '1' }, NOW_MS), 250);
  });

  it('is read from Retry-After if retry-after-ms is 0', () => {
    assert.equal(retryAfterMs({ 'retry-after-ms': '0', 'retry-after': '2' }, NOW_MS), 2_000);
  });

  it('is unknown if it is invalid', () => {
    for (const field of ['', 'soon', '-1', '1e3', 'x GMT', 'Infinity']) {
      assert.equal(retryAfterMs({ 'retry-after': field }, NOW_MS), undefined, field);
    }
    assert.equal(retryAfterMs({}, NOW_MS), undefined);
    assert.equal(retryAfterMs({ 'retry-after-ms': 'x', 'retry-after': '2' }, NOW_MS), 2_000);
  });
});
