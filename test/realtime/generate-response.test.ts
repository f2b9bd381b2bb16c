import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnError, type TurnErrorCode } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { generateResponse } from '../../src/realtime/generate-response.ts';
import type { ModelResult } from '../../src/realtime/model-result.ts';
import { SessionPool } from '../../src/realtime/pool.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { plain } from './collecting.ts';
import { type Answer, breaksAfter, FakeModel, failsWith, SETTINGS, says } from './fake-model.ts';
import { Gathered } from './gathered.ts';
import * as wire from './server-events.ts';

const TURN_MS = 90_000;
const empty: Answer = (connection, turn) => connection.receive(wire.created({ turn }), wire.done({ turn }));
const rateLimited = failsWith({ code: 'rate_limit_exceeded' });

/** Asks a model that answers as scripted, with retries. */
function asking(answers: readonly Answer[], { refusals = [], random = 0 }: AskOptions = {}) {
  const model = new FakeModel(answers);
  model.refusals.push(...refusals);
  const { clock } = model;
  const open = (signal: AbortSignal) => RealtimeSession.open(model.sessionDeps, signal);
  const pool = new SessionPool({ open, clock, idleMs: 300_000, maxSessions: 10, turnMs: TURN_MS });
  const stopping = new AbortController();
  const results = new Gathered<ModelResult>();
  let sessionVersion: string | undefined;
  const ask = (text = 'hello', history?: string) => {
    const turnId = `turn ${text}`;
    const request = {
      key: 'a',
      sessionVersion,
      input: { turnId, text, history },
      log: createLogger('silent'),
      signal: stopping.signal,
      timeoutMs: TURN_MS,
    };
    sessionVersion = turnId;
    void generateResponse(request, { sessions: pool, clock, random: () => random, settings: SETTINGS }).then((result) =>
      results.add(result),
    );
  };
  const outcomes = () => results.all.map(({ outcome }) => plain(outcome));
  return { model, clock, pool, stopping, results, ask, outcomes };
}

interface AskOptions {
  readonly refusals?: readonly TurnError[];
  readonly random?: number;
}

const SPOKEN = { kind: 'spoken', text: 'Hi', bytes: [1, 2, 3, 4] };

describe('a request to the model', () => {
  it('sends the history to a new session, and not to a warm one', async () => {
    const { model, ask, results, outcomes } = asking([says('Hi'), says('Hi')]);
    ask('one', 'Before: nothing');
    await results.when(1);
    ask('two', 'Before: one');
    await results.when(2);
    assert.deepEqual(outcomes(), [SPOKEN, SPOKEN]);
    assert.deepEqual(model.userTexts, [['Before: nothing', 'one', 'two']]);
  });

  it('retries after a transient error, on a new session with the history', async () => {
    const { model, clock, ask, results, outcomes } = asking([failsWith({ code: 'server_error' }), says('Hi')]);
    ask('one', 'Before');
    await clock.whenWaiting(375);
    await clock.advance(375);
    await results.when(1);
    assert.deepEqual(outcomes(), [SPOKEN]);
    assert.deepEqual(model.userTexts, [
      ['Before', 'one'],
      ['Before', 'one'],
    ]);
    assert.equal(model.connections[0]?.isOpen, false);
  });

  it('retries at most twice, with a longer second wait', async () => {
    const { model, clock, ask, results, outcomes } = asking([rateLimited, rateLimited, rateLimited, says('Hi')]);
    ask();
    await clock.whenWaiting(375);
    await clock.advance(375);
    await clock.whenWaiting(1_125);
    await clock.advance(1_125);
    await results.when(1);
    assert.deepEqual(outcomes(), [{ kind: 'failed', code: 'rate_limited' }]);
    assert.equal(model.answersLeft, 1);
  });

  it('retries once after a server error', async () => {
    const broken = failsWith({ code: 'server_error' });
    const { model, clock, ask, results, outcomes } = asking([broken, broken, says('Hi')]);
    ask();
    await clock.whenWaiting(375);
    await clock.advance(375);
    await results.when(1);
    assert.deepEqual(outcomes(), [{ kind: 'failed', code: 'server_error' }]);
    assert.equal(model.answersLeft, 1);
    assert.equal(model.last.isOpen, false);
  });

  it('retries if no session could be opened', async () => {
    const refusals = [new TurnError('service_unavailable', 'no')];
    const { clock, ask, results, outcomes } = asking([says('Hi')], { refusals });
    ask();
    await clock.whenWaiting(375);
    await clock.advance(375);
    await results.when(1);
    assert.deepEqual(outcomes(), [SPOKEN]);
  });

  it('spreads retries from half to the whole of the backoff, in whole milliseconds', async () => {
    const { clock, ask } = asking([rateLimited], { random: 0.5 });
    ask();
    await clock.whenWaiting(563);
  });
});

describe('a turn is not retried', () => {
  const never: [string, Answer, object][] = [
    ['a rejected request', failsWith({ type: 'invalid_request_error' }), { kind: 'failed', code: 'request_rejected' }],
    ['an answer without words', says(''), { kind: 'spoken', text: '', bytes: [1, 2, 3, 4] }],
    ['an empty answer', empty, { kind: 'failed', code: 'empty_response' }],
    ['an answer that broke off', breaksAfter('Once'), { kind: 'cutShort', why: 'lost', text: 'Once', bytes: [] }],
    [
      'a filtered answer',
      failsWith({ code: 'content_filter' }),
      { kind: 'cutShort', why: 'filter', text: '', bytes: [] },
    ],
    ['a used up quota', failsWith({ code: 'insufficient_quota' }), { kind: 'failed', code: 'quota_exhausted' }],
  ];
  for (const [name, answer, outcome] of never) {
    it(`after ${name}`, async () => {
      const { model, ask, results, outcomes } = asking([answer, says('Hi')]);
      ask();
      await results.when(1);
      assert.deepEqual(outcomes(), [outcome]);
      assert.equal(model.answersLeft, 1);
    });
  }

  for (const code of ['unauthorized', 'credentials_failed', 'handshake_timeout'] as TurnErrorCode[]) {
    it(`after a session that could not be opened: ${code}`, async () => {
      const { model, ask, results, outcomes } = asking([says('Hi')], { refusals: [new TurnError(code, 'no')] });
      ask();
      await results.when(1);
      assert.deepEqual(outcomes(), [{ kind: 'failed', code }]);
      assert.equal(model.connections.length, 0);
    });
  }

  it('after a hang', async () => {
    const { model, clock, ask, results, outcomes } = asking([() => {}, says('Hi')]);
    ask();
    await clock.whenWaiting(15_000);
    await clock.advance(15_000);
    await results.when(1);
    assert.deepEqual(outcomes(), [{ kind: 'failed', code: 'first_event_timeout' }]);
    assert.equal(model.answersLeft, 1);
  });
});

describe('the delay before a retry', () => {
  const asks = (message: string) => failsWith({ code: 'rate_limit_exceeded', message });

  it("is the service's retry time if that is longer", async () => {
    const { clock, ask, results, outcomes } = asking([asks('Please try again in 7s.'), says('Hi')]);
    ask();
    await clock.whenWaiting(7_000);
    await clock.advance(6_999);
    assert.deepEqual(results.all, []);
    await clock.advance(1);
    await results.when(1);
    assert.deepEqual(outcomes(), [SPOKEN]);
  });

  it('is the backoff if the service asks for less', async () => {
    const { clock, ask } = asking([asks('Please try again in 20ms.')], { random: 0 });
    ask();
    await clock.whenWaiting(375);
  });

  it('does not begin when it would exceed the deadline of the turn', async () => {
    const { model, clock, ask, results, outcomes } = asking([asks('Please try again in 90s.'), says('Hi')]);
    ask();
    await results.when(1);
    assert.deepEqual(outcomes(), [{ kind: 'failed', code: 'rate_limited' }]);
    assert.equal(model.answersLeft, 1);
    assert.deepEqual(clock.waiting, []);
  });

  it('ends at once on abort, with the reason', async () => {
    const { clock, stopping, ask, results, outcomes } = asking([asks('Please try again in 30s.'), says('Hi')]);
    ask();
    await clock.whenWaiting(30_000);
    stopping.abort(new TurnError('shutting_down', 'the process has to end'));
    await results.when(1);
    assert.deepEqual(outcomes(), [{ kind: 'failed', code: 'shutting_down' }]);
    assert.deepEqual(clock.waiting, []);
  });
});
