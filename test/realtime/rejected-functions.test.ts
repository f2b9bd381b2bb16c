import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../src/log.ts';
import type { TurnFunctions } from '../../src/realtime/function-calls.ts';
import { type GenerateRequest, generateResponse } from '../../src/realtime/generate-response.ts';
import { SessionPool } from '../../src/realtime/pool.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { plain } from './collecting.ts';
import { type Answer, FakeModel, failsWith, fieldsOf, NEVER, SETTINGS, says } from './fake-model.ts';
import * as wire from './server-events.ts';

const SPOKEN = { kind: 'spoken', text: 'Hi', bytes: [1, 2, 3, 4] };
const TURN_MS = 90_000;

function functionsOf(names: readonly string[]): TurnFunctions {
  const parameters = { type: 'object', properties: {} };
  return {
    definitions: names.map((name) => ({ name, description: 'It.', parameters })),
    run: () => assert.fail('nothing is called'),
  };
}

/** Refuses the newest `session.update`, or names no event. */
function refuses(error: wire.WireErrorFields, isNamed = true): Answer {
  return (connection) => {
    const eventId = String(connection.sentOf('session.update').at(-1)?.['event_id']);
    connection.receive(wire.errorEvent(error, isNamed ? eventId : null));
  };
}

/** A model that answers as scripted; each question may come with other functions. */
function asker(answers: readonly Answer[]) {
  const model = new FakeModel(answers);
  const { clock } = model;
  const open = (signal: AbortSignal) => RealtimeSession.open(model.sessionDeps, signal);
  const sessions = new SessionPool({ open, clock, idleMs: 300_000, maxSessions: 10, turnMs: TURN_MS });
  const services = { sessions, clock, random: () => 0, settings: SETTINGS };
  let sessionVersion: string | undefined;
  let count = 0;
  /** Gives the answer, and the functions of each `session.update` so far. */
  return async function ask(names: readonly string[], more: Partial<GenerateRequest['input']> = {}) {
    const turnId = `t${++count}`;
    const input = { turnId, text: 'hi', history: 'Before', functions: functionsOf(names), ...more };
    const request = { key: 'a', sessionVersion, input, log: createLogger('silent'), signal: NEVER };
    const result = await generateResponse({ ...request, timeoutMs: TURN_MS }, services);
    sessionVersion = turnId;
    const updates = model.connections.flatMap((connection) => connection.sentOf('session.update'));
    const sent = updates.map((update) => {
      const { tools = [] } = fieldsOf(update, 'session') as { tools?: { name: string }[] };
      return tools.map(({ name }) => name).join(' ');
    });
    return { model, result, sent, outcome: plain(result.outcome) };
  };
}

/** Asks once. */
function ask(answers: readonly Answer[], names: readonly string[], more: Partial<GenerateRequest['input']> = {}) {
  return asker(answers)(names, more);
}

describe('a function that the service rejects', () => {
  const byField = { code: 'unknown_parameter', param: 'session.tools[1].parameters.properties' };
  const byMessage = { message: "Unknown parameter: 'session.tools[1].parameters.nullable'." };
  const byName = { code: 'invalid_function_parameters', message: "Invalid schema for function 'b': no." };
  const refusals: [string, Answer][] = [
    ['by its place', refuses(byField)],
    ['by its place, without an event id', refuses(byField, false)],
    ['by its place in the form of other APIs', refuses({ param: 'tools.1.function.parameters' })],
    ['by its place in the message', refuses(byMessage)],
    ['by its place in the message, without an event id', refuses(byMessage, false)],
    ['by its name', refuses(byName)],
    ['by its name and the list', refuses({ ...byName, param: 'session.tools' })],
    ['by the response', failsWith({ type: 'invalid_request_error', ...byName })],
  ];
  for (const [how, refusal] of refusals) {
    it(`is left out, and the turn is asked again with the history: ${how}`, async () => {
      const { outcome, result, sent, model } = await ask([refusal, says('Hi')], ['a', 'b', 'c']);
      assert.deepEqual(outcome, SPOKEN);
      assert.deepEqual(result.rejectedFunctions, ['b']);
      assert.deepEqual(sent, ['a b c', 'a c']);
      assert.deepEqual(model.userTexts[1], ['Before', 'hi']);
    });
  }

  it('is left out on a new session, with the history, if it is new in a warm one', async () => {
    const askNext = asker([says('Hi'), refuses(byField), says('Hi'), says('Hi')]);
    await askNext(['a']);
    const { outcome, result, sent, model } = await askNext(['a', 'b']);
    assert.deepEqual(outcome, SPOKEN);
    assert.deepEqual(result.rejectedFunctions, ['b']);
    assert.deepEqual(sent, ['a', 'a b', 'a']);
    assert.deepEqual(model.userTexts, [
      ['Before', 'hi', 'hi'],
      ['Before', 'hi'],
    ]);
    await askNext(['a']);
    assert.equal(model.connections.length, 2, 'the new session goes on');
  });

  it('is left out together with others, one for each request', async () => {
    const second = refuses({ param: 'session.tools[0].name' });
    const { outcome, result, sent } = await ask([refuses(byField), second, says('Hi')], ['a', 'b', 'c']);
    assert.deepEqual(outcome, SPOKEN);
    assert.deepEqual(result.rejectedFunctions, ['b', 'a']);
    assert.deepEqual(sent, ['a b c', 'a c', 'c']);
  });

  it('leads to a request without any functions if it is the sixth of its turn', async () => {
    const first = refuses({ param: 'session.tools[0].parameters' });
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const { outcome, result, sent } = await ask([first, first, first, first, first, first, says('Hi')], names);
    assert.deepEqual(outcome, SPOKEN);
    assert.deepEqual(result.rejectedFunctions, ['a', 'b', 'c', 'd', 'e', 'f']);
    assert.deepEqual(sent.at(-2), 'f g h');
    assert.deepEqual(sent.at(-1), '');
  });

  it('leads to a request without any functions if the service does not name it', async () => {
    for (const refusal of [{ param: 'session.tools' }, { message: "Invalid 'session.tools': too long." }]) {
      const { outcome, result, sent } = await ask([refuses(refusal), says('Hi')], ['a', 'b']);
      assert.deepEqual(outcome, SPOKEN);
      assert.deepEqual(result.rejectedFunctions, []);
      assert.deepEqual(sent, ['a b', '']);
    }
  });

  it('can be rejected together with the voice', async () => {
    const voice = refuses({ param: 'session.audio.output.voice' });
    const settings = { ...SETTINGS, voice: 'ash' };
    for (const answers of [
      [voice, refuses(byField), says('Hi')],
      [refuses(byField), voice, says('Hi')],
    ]) {
      const { outcome, result, sent } = await ask(answers, ['a', 'b', 'c'], { settings });
      assert.deepEqual(outcome, SPOKEN);
      assert.deepEqual([result.rejectedFunctions, result.rejectedVoice], [['b'], 'ash']);
      assert.equal(sent.at(-1), 'a c');
    }
  });

  it('is a configuration fault if the budget does not allow another response', async () => {
    const reserveRetry = async () => false;
    const { outcome, result } = await ask([refuses(byField)], ['a', 'b'], { reserveRetry });
    assert.deepEqual(outcome, { kind: 'failed', code: 'settings_rejected' });
    assert.deepEqual(result.rejectedFunctions, ['b']);
  });

  it('is not assumed when something else is refused', async () => {
    const ofItem: Answer = (connection) => {
      const eventId = String(connection.sentOf('conversation.item.create').at(-1)?.['event_id']);
      connection.receive(wire.errorEvent({ message: "Invalid value: \"function 'b' 'session.tools[1]'\"." }, eventId));
    };
    const others: Answer[] = [
      refuses({ param: 'session.instructions', message: 'Bad: "function \'b\'"' }),
      refuses({ param: 'session.tool_choice' }),
      ofItem,
    ];
    for (const other of others) {
      const { result, sent } = await ask([other], ['a', 'b']);
      assert.equal(result.outcome.kind, 'failed');
      assert.equal(result.rejectedFunctions, undefined);
      assert.deepEqual(sent, ['a b']);
    }
  });
});
