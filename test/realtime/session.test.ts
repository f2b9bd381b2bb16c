import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnError } from '../../src/errors.ts';
import { errorOf } from '../../src/realtime/outcome.ts';
import { RealtimeSession, type SessionDeps } from '../../src/realtime/session.ts';
import type { TurnInput } from '../../src/realtime/turn-input.ts';
import { LOST, plain } from './collecting.ts';
import { type Answer, breaksAfter, FakeModel, failsWith, fieldsOf, NEVER, says, silent } from './fake-model.ts';
import * as wire from './server-events.ts';

const input = (turnId: string, text = 'hello', history?: string): TurnInput => ({ turnId, text, history });

async function sessionWith(answers: readonly Answer[], more: Partial<SessionDeps> = {}) {
  const model = new FakeModel(answers);
  const session = await RealtimeSession.open({ ...model.sessionDeps, ...more }, NEVER);
  return { model, session, clock: model.clock, connection: model.last };
}

describe('an error between turns', () => {
  for (const eventId of ['evt_output', null]) {
    it(`ends the session, whose memory may lack an item (event id: ${eventId})`, async () => {
      const { session, connection } = await sessionWith([says('one')]);
      await session.runTurn(input('t1'), NEVER);
      connection.receive(wire.errorEvent({ code: 'response_cancel_not_active' }, eventId));
      assert.equal(session.isUsableFor(0), true, 'the response had ended before it was cancelled');
      connection.receive(wire.errorEvent({ type: 'invalid_request_error' }, eventId));
      assert.equal(session.isUsableFor(0), false);
    });
  }
});

describe('the events of a turn', () => {
  it('are settings, history, message and response.create at once, without waiting for responses', async () => {
    const { session, connection } = await sessionWith([]);
    void session.runTurn(input('t1', 'How are you?', 'Before: hi'), NEVER);
    assert.deepEqual(
      connection.sent.map(({ type }) => type),
      ['session.update', 'conversation.item.create', 'conversation.item.create', 'response.create'],
    );
    const [, history, message, create] = connection.sent;
    assert.equal(history?.['previous_item_id'], 'root');
    const { id, ...item } = fieldsOf(history, 'item');
    assert.equal(typeof id, 'string');
    assert.deepEqual(item, { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Before: hi' }] });
    assert.equal('previous_item_id' in (message ?? {}), false);
    assert.deepEqual(create?.['response'], { metadata: { turn: 't1' } });
  });

  it('are only message and response.create once the session has the rest', async () => {
    const { session, connection } = await sessionWith([says('one'), says('two')]);
    await session.runTurn(input('t1', 'first'), NEVER);
    connection.sent.length = 0;
    await session.runTurn(input('t2', 'second', 'Before: first'), NEVER);
    assert.deepEqual(
      connection.sent.map(({ type }) => type),
      ['conversation.item.create', 'response.create'],
    );
  });

  it('include no history item in a conversation that has none', async () => {
    const { session, connection } = await sessionWith([]);
    void session.runTurn(input('t1'), NEVER);
    assert.equal(connection.sentOf('conversation.item.create').length, 1);
  });

  it('have unique ids for every event and item, with at most 32 characters', async () => {
    const { session, connection } = await sessionWith([says('one'), says('two')]);
    await session.runTurn(input('t1', 'first', 'Before'), NEVER);
    await session.runTurn(input('t2', 'second'), NEVER);
    const items = connection.sentOf('conversation.item.create').map((event) => fieldsOf(event, 'item')['id']);
    const ids = [...connection.sent.map((event) => String(event['event_id'])), ...items];
    for (const id of ids) assert.match(String(id), /^[A-Za-z0-9_-]{1,32}$/);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('bound the answer only if max_output_tokens is set', async () => {
    for (const [maxOutputTokens, sent] of [
      [undefined, undefined],
      [500, 500],
      ['inf', 'inf'],
    ] as const) {
      const settings = { instructions: 'Be kind.', voice: 'ash', modality: 'audio', maxOutputTokens } as const;
      const { session, connection } = await sessionWith([], { settings });
      void session.runTurn(input('t1'), NEVER);
      assert.equal(fieldsOf(connection.sent[0], 'session')['max_output_tokens'], sent);
    }
  });
});

describe('a session after a turn', () => {
  it('stays usable after an answer', async () => {
    const { session, connection } = await sessionWith([says('one')]);
    const { outcome, responseId, isRetryable } = await session.runTurn(input('t1'), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'one', bytes: [1, 2, 3, 4] });
    assert.deepEqual([responseId, isRetryable, session.isUsableFor(1), connection.closes], ['resp_t1', false, true, 0]);
  });

  it('stays usable after an answer that was too long', async () => {
    const cut: Answer = (connection, turn) =>
      connection.receive(
        wire.created({ turn }),
        wire.textDelta('one'),
        wire.done({ turn, status: 'incomplete', details: { reason: 'max_output_tokens' } }),
      );
    const { session } = await sessionWith([cut]);
    const { outcome } = await session.runTurn(input('t1'), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'cutShort', why: 'length', text: 'one', bytes: [] });
    assert.equal(session.isUsableFor(1), true);
  });

  const broken: Record<string, Answer> = {
    'a failed one': failsWith({ code: 'server_error' }),
    'a rejected one': (connection) => {
      const eventId = String(connection.sentOf('response.create').at(-1)?.['event_id']);
      connection.receive(wire.errorEvent({ code: 'invalid_value' }, eventId));
    },
    'a filtered one': failsWith({ code: 'content_filter' }),
    'an empty one': (connection, turn) => connection.receive(wire.created({ turn }), wire.done({ turn })),
    'a malformed event': (connection) => connection.receive({ type: 'response.created' }),
    'one that the server cancelled': (connection, turn) =>
      connection.receive(wire.created({ turn }), wire.textDelta('x'), wire.done({ turn, status: 'cancelled' })),
  };
  for (const [name, answer] of Object.entries(broken)) {
    it(`is closed after ${name}`, async () => {
      const { session, connection } = await sessionWith([answer]);
      await session.runTurn(input('t1'), NEVER);
      assert.equal(session.isUsableFor(1), false);
      assert.equal(connection.isOpen, false);
    });
  }

  it('is unusable once the service reports that it has expired', async () => {
    const { session, connection } = await sessionWith([says('one')]);
    await session.runTurn(input('t1'), NEVER);
    connection.receive(wire.errorEvent({ code: 'session_expired' }, null));
    assert.equal(session.isUsableFor(1), false);
  });
});

describe('a retry of a turn', () => {
  async function isRetryable(answer: Answer): Promise<boolean> {
    const { session } = await sessionWith([answer]);
    return (await session.runTurn(input('t1'), NEVER)).isRetryable;
  }

  it('is safe for a transient error before the first delta', async () => {
    assert.equal(await isRetryable(failsWith({ code: 'server_error' })), true);
    assert.equal(await isRetryable((connection) => connection.drop()), true);
  });

  it('is not safe for a permanent error', async () => {
    assert.equal(await isRetryable(failsWith({ type: 'invalid_request_error' })), false);
    assert.equal(await isRetryable(failsWith({ code: 'content_filter' })), false);
  });

  it('is not safe after the first delta', async () => {
    assert.equal(await isRetryable(breaksAfter('Once')), false);
    assert.equal(await isRetryable(says('all of it')), false);
    const refusedLate: Answer = (connection, turn) => {
      const eventId = String(connection.sentOf('session.update')[0]?.['event_id']);
      connection.receive(wire.created({ turn }), wire.textDelta('Once'));
      connection.receive(wire.errorEvent({ type: 'server_error' }, eventId));
    };
    assert.equal(await isRetryable(refusedLate), false);
  });
});

describe('the listener of a turn', () => {
  it('gets no event after response.done, since the end may withhold the rest of the answer', async () => {
    const filtered: Answer = (connection, name) => {
      const details = { type: 'incomplete', reason: 'content_filter' };
      connection.receive(wire.created({ turn: name }), wire.done({ turn: name, status: 'incomplete', details }), {
        type: 'input_audio_buffer.committed',
        item_id: 'clip',
      });
    };
    const { session } = await sessionWith([filtered]);
    const kinds: string[] = [];
    await session.runTurn({ ...input('t1'), onEvent: ({ kind }) => kinds.push(kind) }, NEVER);
    assert.deepEqual(kinds, ['responseCreated', 'responseDone']);
  });
});

describe('an early end', () => {
  it('of a turn has the reason of its signal, and closes the session', async () => {
    const { session, connection } = await sessionWith([silent]);
    const stopping = new AbortController();
    const turn = session.runTurn(input('t1'), stopping.signal);
    stopping.abort(new TurnError('shutting_down', 'the process has to end'));
    assert.deepEqual(plain((await turn).outcome), { kind: 'failed', code: 'shutting_down' });
    assert.equal(connection.isOpen, false);
  });

  it('of a turn is immediate, and costs nothing, if its signal was aborted before', async () => {
    for (const code of ['turn_timeout', 'cancelled', 'shutting_down'] as const) {
      const { session, connection } = await sessionWith([says('one')]);
      await session.runTurn(input('t1'), NEVER);
      connection.sent.length = 0;
      const aborted = AbortSignal.abort(new TurnError(code, 'ended'));
      const { outcome, isUsageUnknown } = await session.runTurn(input('t2'), aborted);
      assert.deepEqual([errorOf(outcome)?.code, isUsageUnknown], [code === 'cancelled' ? undefined : code, false]);
      assert.deepEqual(connection.sent, []);
    }
  });

  it('of a turn is internal if the reason is not a TurnError', async () => {
    const { session } = await sessionWith([]);
    const { outcome } = await session.runTurn(input('t1'), AbortSignal.abort('why not'));
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'internal' });
  });

  it('of a turn is a failure on a socket that had closed before', async () => {
    const { session, connection } = await sessionWith([says('one')]);
    await session.runTurn(input('t1'), NEVER);
    connection.drop();
    const { outcome, isRetryable } = await session.runTurn(input('t2'), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'connection_lost' });
    assert.equal(isRetryable, true);
    assert.equal(connection.sentOf('response.create').length, 1);
  });

  it('of a turn has the error of the socket', async () => {
    const malformed = new TurnError('frame_malformed', 'a frame cannot be read');
    const { session } = await sessionWith([(connection) => connection.drop(malformed)]);
    const { outcome } = await session.runTurn(input('t1'), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'frame_malformed' });
  });

  it('of a session ends its running turn, and may be repeated', async () => {
    const { session } = await sessionWith([silent]);
    const turn = session.runTurn(input('t1'), NEVER);
    session.close();
    session.close();
    assert.deepEqual(plain((await turn).outcome), { kind: 'failed', code: LOST.code });
  });
});
