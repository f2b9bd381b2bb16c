import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../src/realtime/outcome.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { plain } from './collecting.ts';
import { FakeModel, NEVER, says } from './fake-model.ts';
import * as wire from './server-events.ts';

const MINUTE_MS = 60_000;

/** A running turn of a session whose service sends nothing by itself. */
async function running() {
  const model = new FakeModel();
  const session = await RealtimeSession.open(model.sessionDeps, NEVER);
  let outcome: Outcome | undefined;
  const ended = session.runTurn({ turnId: 'turn-1', text: 'hello', history: undefined }, NEVER).then((result) => {
    outcome = result.outcome;
  });
  return { clock: model.clock, connection: model.last, session, ended, outcome: () => plain(outcome) };
}

describe('the time limit of a turn', () => {
  it('is 15 seconds to its first event', async () => {
    const { clock, connection, outcome } = await running();
    await clock.advance(14_999);
    assert.equal(outcome(), undefined);
    await clock.advance(1);
    assert.deepEqual(outcome(), { kind: 'failed', code: 'first_event_timeout' });
    assert.equal(connection.isOpen, false);
  });

  it('is not extended by events of other responses', async () => {
    const { clock, connection, outcome } = await running();
    await clock.advance(10_000);
    connection.receive({ type: 'session.updated', session: {} }, { type: 'rate_limits.updated' });
    connection.receive(wire.created({ turn: 'another', response: 'resp_2' }));
    await clock.advance(5_000);
    assert.deepEqual(outcome(), { kind: 'failed', code: 'first_event_timeout' });
  });

  it('is 20 seconds of silence between its events', async () => {
    const { clock, connection, outcome } = await running();
    await clock.advance(14_999);
    connection.receive(wire.created());
    await clock.advance(19_999);
    connection.receive({ type: 'response.output_item.added', response_id: 'resp_1' });
    await clock.advance(19_999);
    assert.equal(outcome(), undefined);
    await clock.advance(1);
    assert.deepEqual(outcome(), { kind: 'failed', code: 'silence_timeout' });
  });

  it('ends a turn as lost, with everything that had arrived', async () => {
    const { clock, connection, outcome } = await running();
    connection.receive(wire.created(), wire.transcriptDelta('Once'), wire.audioDelta([1, 2]));
    await clock.advance(20_000);
    assert.deepEqual(outcome(), { kind: 'cutShort', why: 'lost', text: 'Once', bytes: [1, 2] });
    assert.equal(connection.isOpen, false);
  });

  it('leaves no timer behind when the turn ends', async () => {
    const { clock, connection, ended } = await running();
    connection.receive(wire.created(), wire.textDelta('Hi'), wire.done());
    await ended;
    assert.deepEqual(clock.waiting, []);
  });

  it('leaves no timer behind when the socket breaks', async () => {
    const { clock, connection, ended } = await running();
    connection.receive(wire.created());
    connection.drop();
    await ended;
    assert.deepEqual(clock.waiting, []);
  });
});

describe('the end of a session', () => {
  async function warm(expiresAtMs?: number) {
    const model = new FakeModel([says('Hi')]);
    const session = await RealtimeSession.open(model.sessionDeps, NEVER);
    if (expiresAtMs !== undefined) {
      model.last.receive({ type: 'session.created', session: { id: 'sess_1', expires_at: expiresAtMs / 1000 } });
    }
    await session.runTurn({ turnId: 'turn-1', text: 'hello', history: undefined }, NEVER);
    return { session, clock: model.clock };
  }

  it('is set by the service', async () => {
    const start = new FakeModel().clock.now();
    const { session } = await warm(start + 10 * MINUTE_MS);
    assert.equal(session.isUsableFor(10 * MINUTE_MS - 1), true);
    assert.equal(session.isUsableFor(10 * MINUTE_MS), false);
  });

  it('is 25 minutes after its beginning if the service names none', async () => {
    const { session, clock } = await warm();
    assert.equal(session.isUsableFor(25 * MINUTE_MS - 1), true);
    assert.equal(session.isUsableFor(25 * MINUTE_MS), false);
    await clock.advance(24 * MINUTE_MS);
    assert.equal(session.isUsableFor(MINUTE_MS - 1), true);
    assert.equal(session.isUsableFor(MINUTE_MS), false);
  });

  it('is kept if session.updated lacks it', async () => {
    const model = new FakeModel([]);
    const session = await RealtimeSession.open(model.sessionDeps, NEVER);
    const expires_at = model.clock.now() / 1000 + 60;
    model.last.receive({ type: 'session.created', session: { expires_at } }, { type: 'session.updated', session: {} });
    assert.equal(session.isUsableFor(MINUTE_MS), false);
    assert.equal(session.isUsableFor(MINUTE_MS - 1), true);
  });
});
