import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { en } from '../../src/messages/en.ts';
import { closingAfter } from '../support/closing.ts';
import { ApprovalChat, type ApprovingBot, scriptedModel, startApproving } from './approving.ts';
import { until } from './timed-bot.ts';

const { approval: texts } = en;
const ending = { kind: 'completed' } as const;
const callOf = (name: string, args: string) => ({ call: { name: `srv__${name}`, arguments: args } });
const note = (text: string) => callOf('note', JSON.stringify({ text }));
const calls = (...outputs: (ReturnType<typeof callOf> | { readonly text: string })[]) => ({ outputs, ending });
const broken: ScriptedTurn = {
  outputs: [],
  ending: { kind: 'failed', error: { type: 'invalid_request_error', code: 'nonsense', message: 'no' } },
};

describe('the turn of a decision', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  const model = scriptedModel();
  before(async () => {
    const { responder } = model;
    under = await startApproving(closing, { simulator: { responder } });
  });
  /** A chat in which the model answers by this script. */
  const scripted = (...script: ScriptedTurn[]) => {
    model.play(script);
    return new ApprovalChat(under.bot);
  };
  /** What the bot sends to the model from now on. */
  const listen = () => {
    const { length } = under.bot.events;
    return () =>
      under.bot.events
        .slice(length)
        .filter(({ from }) => from === 'client')
        .map(({ event }) => event);
  };
  const typesOf = (events: readonly Record<string, unknown>[]) =>
    events.map(({ type, item }) => (item as { type: string } | undefined)?.type ?? type);

  it('creates the call and its output in the warm session, with one response', async () => {
    const args = '{ "text":\n "A" }';
    const chat = scripted(calls(callOf('note', args)), 'It is done.', 'Hello.');
    await chat.ask('Do it.');
    const sent = listen();
    await chat.press('allow');
    await chat.whenSaid('It is done.');
    const events = sent();
    assert.deepEqual(typesOf(events), ['function_call', 'function_call_output', 'response.create']);
    const [call, output] = events.map(({ item }) => item as Record<string, unknown>);
    assert.deepEqual([call?.['name'], call?.['arguments']], ['srv__note', args]);
    assert.match(String(call?.['call_id']), /^[\w-]{1,32}$/);
    assert.deepEqual([output?.['call_id'], output?.['output']], [call?.['call_id'], 'echo: {"text":"A"}']);
    await chat.say('Hello?');
    await chat.whenSaid('Hello.');
    assert.equal(new Set(under.bot.events.map(({ sessionId }) => sessionId)).size, 1);
  });

  it('goes on in a new session, which gets the history before, and so does the next', async () => {
    const chat = scripted(calls(note('B')), 'It is done.', 'Yes.');
    await chat.ask('Do it, please.');
    await chat.say('/voice marin');
    await chat.when(3);
    const sent = listen();
    await chat.press('allow');
    await chat.whenSaid('It is done.');
    const types = ['session.update', 'message', 'function_call', 'function_call_output', 'response.create'];
    assert.deepEqual(typesOf(sent()), types);
    assert.match(JSON.stringify(sent()[1]), /Do it, please.*srv__note \(waiting\).*waiting for the user/);
    await chat.say('/voice cedar');
    await chat.when(5);
    const later = listen();
    await chat.say('Was it done?');
    await chat.whenSaid('Yes.');
    assert.match(JSON.stringify(later()[1]), /\[approved: srv__note\].*srv__note \(done\): echo.*It is done\./);
  });

  it('says that it was done if the model cannot', async () => {
    const chat = scripted(calls(note('C')), broken);
    await chat.ask('Do it.');
    await chat.press('allow');
    await chat.whenSaid(texts.done('Write a note'));
    assert.equal(under.ran('C'), 1);
  });

  it('says that it was not done if the model cannot', async () => {
    const chat = scripted(calls(note('D')), broken);
    await chat.ask('Do it.');
    await chat.press('deny');
    await chat.whenSaid(texts.notDone('Write a note'));
    assert.equal(under.ran('D'), 0);
  });

  it('calls the tool once, however often the model is asked', async () => {
    const retried: ScriptedTurn = {
      outputs: [],
      ending: { kind: 'failed', error: { type: 'server_error', code: 'server_error', message: 'no' } },
    };
    const chat = scripted(calls(note('E')), retried, 'It is done.');
    await chat.ask('Do it.');
    await chat.press('allow');
    await chat.whenSaid('It is done.');
    assert.equal(under.ran('E'), 1);
  });

  it('speaks even if the model answers in text at first', async () => {
    const inText: ScriptedTurn = { outputs: [{ text: 'It is done.', modality: 'text' }], ending };
    const chat = scripted(calls(note('F')), inText, 'It is done!');
    await chat.ask('Do it.');
    await chat.press('allow');
    await chat.whenSaid('It is done!');
    assert.equal(chat.messages.at(-1)?.attachments?.[0]?.contentType, 'audio/wav');
  });

  it('says that nobody knows whether it was done if it is stopped, which is remembered', async () => {
    const chat = scripted(calls(callOf('hang', '{"text":"G"}')), 'I do not know.');
    await chat.ask('Do it.');
    await chat.press('allow');
    await until(() => under.ran('G') === 1);
    await chat.say('/stop');
    await chat.whenSaid(texts.doneUnknown('Hang'));
    await chat.press('allow');
    await chat.whenSaid(texts.decidedBefore);
    const sent = listen();
    await chat.say('Was it done?');
    await chat.whenSaid('I do not know.');
    assert.match(JSON.stringify(sent()), /\[approved: srv__hang\].*srv__hang \(unknown\)/);
    assert.equal(under.ran('G'), 1);
  });

  it('may call further tools, which need an approval', async () => {
    const chat = scripted(calls(note('H1')), calls(note('H2')), 'Both are done.');
    await chat.ask('Do both.');
    await chat.press('allow');
    await until(() => chat.cards.length === 2);
    assert.deepEqual([under.ran('H1'), under.ran('H2')], [1, 0]);
    await chat.press('allow');
    await chat.whenSaid('Both are done.');
    assert.equal(under.ran('H2'), 1);
  });

  it('asks for an approval below what is said about other calls of the same response', async () => {
    const chat = scripted(calls({ text: 'Let me see.' }, callOf('look', '{}'), note('I')), 'I found it.', 'Done.');
    const sent = listen();
    await chat.ask('Look, and do it.');
    const [said] = chat.messages;
    assert.equal(said?.text, 'Let me see.\n\nI found it.');
    assert.equal(said?.attachments?.[0]?.contentType, 'audio/wav');
    const outputs = ['function_call_output', 'function_call_output', 'response.create'];
    assert.deepEqual(typesOf(sent()).slice(-3), outputs);
    await chat.press('allow');
    await chat.whenSaid('Done.');
    assert.deepEqual([under.ran('I'), chat.cards.length], [1, 1]);
  });

  it('asks for an approval once if the model repeats the call', async () => {
    const repeated = (args: string) => calls(callOf('look', '{}'), callOf('note', args));
    const chat = scripted(repeated('{"text":"J"}'), repeated('{ "text" : "J" }'), calls(note('J')), 'Done.');
    await chat.ask('Do it.');
    await chat.when(2);
    assert.equal(chat.cards.length, 1);
    await chat.press('allow');
    await chat.whenSaid('Done.');
    assert.deepEqual([under.ran('J'), chat.cards.length], [1, 1]);
  });
});
