import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TurnErrorCode } from '../../src/errors.ts';
import { CREATE_EVENT, collect, hasDelta, plain, SETTINGS_EVENT } from './collecting.ts';
import * as wire from './server-events.ts';

const SAID = [wire.created(), wire.transcriptDelta('Once upon'), wire.audioDelta([1, 2])];
const LOST = { kind: 'cutShort', why: 'lost', text: 'Once upon', bytes: [1, 2] };

describe('an incomplete response', () => {
  it('is truncated if it reached the length limit, with its text and audio', () => {
    const details = { type: 'incomplete', reason: 'max_output_tokens' };
    const { outcome } = collect(...SAID, wire.done({ status: 'incomplete', details }));
    assert.deepEqual(plain(outcome), { kind: 'cutShort', why: 'length', text: 'Once upon', bytes: [1, 2] });
  });

  it('is truncated by the content filter, wherever the filter is named', () => {
    const places: wire.Done[] = [
      { status: 'incomplete', details: { type: 'incomplete', reason: 'content_filter' } },
      { status: 'incomplete', details: 'content_filter' },
      wire.failedBy({ type: 'invalid_request_error', code: 'content_filter' }),
      { status: 'cancelled', details: { type: 'cancelled', reason: 'content_filter' } },
    ];
    for (const place of places) {
      const { outcome } = collect(...SAID, wire.done(place));
      assert.deepEqual(plain(outcome), { kind: 'cutShort', why: 'filter', text: 'Once upon', bytes: [1, 2] });
    }
  });

  it('is filtered even before the first delta', () => {
    const { outcome } = collect(wire.created(), wire.done(wire.failedBy({ code: 'content_filter' })));
    assert.deepEqual(plain(outcome), { kind: 'cutShort', why: 'filter', text: '', bytes: [] });
  });

  it('is lost if the server cancels it after the first delta', () => {
    const details = { type: 'cancelled', reason: 'turn_detected' };
    assert.deepEqual(plain(collect(...SAID, wire.done({ status: 'cancelled', details })).outcome), LOST);
  });

  it('fails with a retry if the server cancels it before the first delta', () => {
    const { outcome } = collect(wire.created(), wire.done({ status: 'cancelled' }));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'connection_lost' });
  });
});

describe('a failed response', () => {
  const failures: [wire.WireErrorFields, TurnErrorCode][] = [
    [{ type: 'server_error', code: 'server_error' }, 'server_error'],
    [{ type: 'rate_limit_exceeded', code: 'rate_limit_exceeded' }, 'rate_limited'],
    [{ type: 'invalid_request_error', code: 'inference_rate_limit_exceeded' }, 'rate_limited'],
    [{ type: 'invalid_request_error', code: 'session_expired' }, 'session_expired'],
    [{ type: 'invalid_request_error', code: 'insufficient_quota' }, 'quota_exhausted'],
    [{ type: 'invalid_request_error', code: 'string_above_max_length' }, 'request_rejected'],
    [{ type: 'brand_new', code: 'brand_new' }, 'server_error'],
  ];
  for (const [error, code] of failures) {
    it(`is reported as ${code} for ${error.type}/${error.code}`, () => {
      const { outcome } = collect(wire.created(), wire.done(wire.failedBy(error)));
      assert.deepEqual(plain(outcome), { kind: 'failed', code });
    });
  }

  it('is reported as a server error if it has no reason', () => {
    for (const details of [undefined, null, {}, { error: null }, 'who knows']) {
      const { outcome } = collect(wire.created(), wire.done({ status: 'failed', details }));
      assert.deepEqual(plain(outcome), { kind: 'failed', code: 'server_error' });
    }
  });

  it('is reported as a server error for an unknown status', () => {
    const { outcome } = collect(wire.created(), wire.done({ status: 'brand_new' }));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'server_error' });
  });

  it('keeps the retry time of the service', () => {
    const error = { code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' };
    const { outcome } = collect(wire.created(), wire.done(wire.failedBy(error)));
    assert.ok(outcome?.kind === 'failed');
    assert.equal(outcome.error.retryAfterMs, 1_500);
  });

  it('is lost after the first delta', () => {
    assert.deepEqual(plain(collect(...SAID, wire.done(wire.failedBy({ code: 'server_error' }))).outcome), LOST);
  });
});

describe('an error event', () => {
  const rejection = { type: 'invalid_request_error', code: 'invalid_value' };
  const expired = { type: 'invalid_request_error', code: 'session_expired' };

  it('ends the turn if it names one of its events', () => {
    const { outcome } = collect(wire.errorEvent(rejection, CREATE_EVENT));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'request_rejected' });
    assert.deepEqual(plain(collect(...SAID, wire.errorEvent(rejection, 'evt_item')).outcome), LOST);
  });

  it('ends the turn as a conflict if the session has another running response', () => {
    const conflict = { ...rejection, code: 'conversation_already_has_active_response' };
    for (const eventId of [CREATE_EVENT, null]) {
      const { outcome } = collect(wire.errorEvent(conflict, eventId));
      assert.deepEqual(plain(outcome), { kind: 'failed', code: 'response_conflict' });
    }
  });

  it('ends the turn if it names no event and no response has begun', () => {
    const { outcome } = collect(wire.errorEvent({ type: 'server_error' }, null));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'server_error' });
  });

  it('ends the turn if it names no event and a response has begun, since nothing follows', () => {
    for (const [type, code, expected] of [
      ['server_error', 'server_error', 'server_error'],
      ['invalid_request_error', 'inference_rate_limit_exceeded', 'rate_limited'],
      ['brand_new', '', 'server_error'],
      ['invalid_request_error', 'invalid_value', 'request_rejected'],
    ] as const) {
      const { outcome, collector } = collect(wire.created(), wire.errorEvent({ type, code }, null));
      assert.deepEqual(plain(outcome), { kind: 'failed', code: expected });
      assert.equal(hasDelta(collector), false);
    }
    const { outcome } = collect(...SAID, wire.errorEvent({ type: 'server_error' }, null));
    assert.deepEqual(plain(outcome), LOST);
  });

  it('is ignored if it rejects an unnamed request after the first delta', () => {
    const { outcome, steps } = collect(...SAID, wire.errorEvent(rejection, null), wire.done());
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Once upon', bytes: [1, 2] });
    assert.equal(steps[3], 'ignored');
  });

  it('is ignored if it names an event of another turn', () => {
    const { outcome, steps } = collect(
      wire.errorEvent(rejection, 'evt_other'),
      ...SAID,
      wire.errorEvent(rejection, 'evt_other'),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Once upon', bytes: [1, 2] });
    assert.deepEqual([steps[0], steps[4]], ['ignored', 'ignored']);
  });

  it('ends the turn if the session has expired, whatever it names', () => {
    for (const eventId of [null, 'evt_other', CREATE_EVENT]) {
      const before = collect(wire.created(), wire.errorEvent(expired, eventId));
      assert.deepEqual(plain(before.outcome), { kind: 'failed', code: 'session_expired' });
      assert.deepEqual(plain(collect(...SAID, wire.errorEvent(expired, eventId)).outcome), LOST);
    }
  });
});

describe('rejected settings', () => {
  const voice = { type: 'invalid_request_error', code: 'invalid_value', message: "Invalid value: 'bob'." };

  it('are a configuration error', () => {
    const { outcome } = collect(wire.errorEvent(voice, SETTINGS_EVENT));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'settings_rejected' });
  });

  it('withhold an answer under other settings', () => {
    const { outcome } = collect(...SAID, wire.errorEvent(voice, SETTINGS_EVENT));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'settings_rejected' });
  });

  it('keep the code of a transient error', () => {
    for (const [type, code] of [
      ['server_error', 'server_error'],
      ['rate_limit_exceeded', 'rate_limited'],
    ] as const) {
      const { outcome } = collect(wire.errorEvent({ type }, SETTINGS_EVENT));
      assert.deepEqual(plain(outcome), { kind: 'failed', code });
    }
  });
});

describe('an unreadable event of the turn', () => {
  const broken = { ...wire.audioDelta([1, 2]), delta: 5 };

  it('ends the turn with everything that had arrived', () => {
    assert.deepEqual(plain(collect(...SAID, broken).outcome), LOST);
  });

  it('fails the turn before the first delta', () => {
    assert.deepEqual(plain(collect(wire.created(), broken).outcome), { kind: 'failed', code: 'frame_malformed' });
    const unannounced = { type: 'response.done', response: {} };
    assert.deepEqual(plain(collect(unannounced).outcome), { kind: 'failed', code: 'frame_malformed' });
  });
});
