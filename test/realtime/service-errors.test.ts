import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TurnErrorCode } from '../../src/errors.ts';
import { handshakeErrorOf, serviceErrorOf } from '../../src/realtime/service-errors.ts';

const wireError = (fields: { type?: string; code?: string; message?: string }) => ({
  type: '',
  code: '',
  message: '',
  ...fields,
});

describe('an error of the service', () => {
  const byCode: Record<string, TurnErrorCode> = {
    session_expired: 'session_expired',
    conversation_already_has_active_response: 'response_conflict',
    rate_limit_exceeded: 'rate_limited',
    inference_rate_limit_exceeded: 'rate_limited',
    server_error: 'server_error',
    invalid_api_key: 'unauthorized',
    insufficient_quota: 'quota_exhausted',
    account_deactivated: 'quota_exhausted',
    billing_hard_limit_reached: 'quota_exhausted',
  };
  for (const [code, expected] of Object.entries(byCode)) {
    it(`is ${expected} for the code ${code}, whatever its type`, () => {
      assert.equal(serviceErrorOf(wireError({ code, type: 'invalid_request_error' })).code, expected);
      assert.equal(serviceErrorOf(wireError({ code, type: 'something_new' })).code, expected);
    });
  }

  it('is classified by its type if the code is unknown', () => {
    const codeOf = (type: string) => serviceErrorOf(wireError({ type, code: 'brand_new' })).code;
    assert.equal(codeOf('invalid_request_error'), 'request_rejected');
    assert.equal(codeOf('server_error'), 'server_error');
    assert.equal(codeOf('rate_limit_exceeded'), 'rate_limited');
    assert.equal(codeOf('rate_limit_error'), 'rate_limited');
  });

  it("is the caller's fallback if both are unknown", () => {
    assert.equal(serviceErrorOf(wireError({ type: 'brand_new' })).code, 'server_error');
    assert.equal(serviceErrorOf(wireError({ type: 'brand_new' }), 'request_rejected').code, 'request_rejected');
    assert.equal(serviceErrorOf(undefined).code, 'server_error');
  });

  it("has the code in its message, but not the service's message, which may quote user input", () => {
    const { message } = serviceErrorOf(wireError({ type: 'server_error', code: 'oops', message: 'Sorry about that' }));
    assert.match(message, /oops/);
    assert.doesNotMatch(message, /Sorry about that/);
  });

  it('is safe to retry only if transient', () => {
    const retryOf = (code: string) => serviceErrorOf(wireError({ code })).retry;
    for (const code of ['rate_limit_exceeded', 'server_error', 'session_expired']) assert.equal(retryOf(code), 'safe');
    for (const code of ['insufficient_quota', 'invalid_api_key']) assert.equal(retryOf(code), 'never');
    assert.equal(serviceErrorOf(wireError({ type: 'invalid_request_error' })).retry, 'never');
  });
});

describe('the retry time of the service', () => {
  const waitOf = (message: string) => serviceErrorOf(wireError({ code: 'rate_limit_exceeded', message })).retryAfterMs;

  it('is read from the message', () => {
    assert.equal(waitOf('Rate limit reached. Please try again in 1.5s.'), 1_500);
    assert.equal(waitOf('Please try again in 20ms. Visit https://example.com'), 20);
    assert.equal(waitOf('please Try Again In 3 s'), 3_000);
    assert.equal(waitOf('try again in 2m'), 120_000);
    assert.equal(waitOf('Please try again in 0.6ms'), 1);
  });

  it('is unknown if the message names none', () => {
    for (const message of ['', 'Please try again later.', 'try again in a moment', 'in 5s']) {
      assert.equal(waitOf(message), undefined, message);
    }
  });

  it('is read when it is given in minutes and seconds', () => {
    assert.equal(waitOf('Rate limit reached on requests per day. Please try again in 6m0s.'), 360_000);
    assert.equal(waitOf('Please try again in 1m12.5s.'), 72_500);
    assert.equal(waitOf('try again in 1 minute 5 seconds'), 65_000);
  });

  it("is read in Azure's wording", () => {
    assert.equal(waitOf('Requests have exceeded the rate limit. Please retry after 26 seconds. Or ask.'), 26_000);
    assert.equal(waitOf('Please retry after 1 second.'), 1_000);
    assert.equal(waitOf('Please retry after 800 milliseconds'), 800);
  });
});

describe('a rejected handshake', () => {
  const statuses: [number, TurnErrorCode, string][] = [
    [401, 'unauthorized', 'never'],
    [403, 'forbidden', 'never'],
    [404, 'deployment_not_found', 'never'],
    [429, 'rate_limited', 'safe'],
    [500, 'service_unavailable', 'safe'],
    [502, 'service_unavailable', 'safe'],
    [503, 'service_unavailable', 'safe'],
  ];
  for (const [status, code, retry] of statuses) {
    it(`is reported as ${code} for ${status}`, () => {
      const error = handshakeErrorOf(status, {}, 0);
      assert.deepEqual([error.code, error.retry, error.retryAfterMs], [code, retry, undefined]);
      assert.match(error.message, new RegExp(String(status)));
    });
  }

  it('is neither retried nor request_rejected for any other status', () => {
    for (const status of [302, 400, 426, 431]) {
      const { code, retry } = handshakeErrorOf(status, {}, 0);
      assert.notEqual(retry, 'safe', String(status));
      assert.notEqual(code, 'request_rejected', String(status));
    }
  });

  it('has the retry time of Retry-After, in seconds', () => {
    assert.equal(handshakeErrorOf(429, { 'retry-after': '7' }, 0).retryAfterMs, 7_000);
    assert.equal(handshakeErrorOf(503, { 'retry-after': '0' }, 0).retryAfterMs, 0);
  });
});
