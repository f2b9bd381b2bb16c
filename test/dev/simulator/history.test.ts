import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { replayedLines } from '../../../dev/simulator/history.ts';
import type { ResponderContext } from '../../../dev/simulator/responder.ts';
import { scripted } from '../../../dev/simulator/script.ts';
import { type Client, simulate } from './client.ts';

const TURNS = [
  { role: 'user', text: 'My name is Ada.' },
  { role: 'assistant', text: 'Hello Ada [and welcome].' },
];
const REPLAY = `Transcript so far, for context, not to be answered again:\n${JSON.stringify(TURNS)}`;

/** The responder context after a client has done something and requested a response. */
async function contextAfter(t: TestContext, act: (client: Client) => void): Promise<ResponderContext> {
  const script = scripted(['ok']);
  const simulator = await simulate(script.responder);
  t.after(() => simulator[Symbol.asyncDispose]());
  const client = await simulator.connect();
  act(client);
  client.send({ type: 'response.create' });
  await client.until('response.done');
  const [context] = script.contexts;
  assert.ok(context);
  return context;
}

describe('the responder context', () => {
  it('has the newest user message, and the conversation before it', async (t) => {
    const script = scripted(['first answer', 'second answer']);
    const simulator = await simulate(script.responder);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    await client.ask('first');
    const system = { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'note' }] };
    client.send({ type: 'conversation.item.create', item: system });
    await client.until('conversation.item.done');
    await client.ask('second');
    const context = script.contexts[1];
    assert.deepEqual(
      [context?.text, context?.history],
      [
        'second',
        [
          { role: 'user', text: 'first' },
          { role: 'assistant', text: 'first answer' },
          { role: 'system', text: 'note' },
        ],
      ],
    );
    assert.match(context?.sessionId ?? '', /^sess_/);
  });

  it('joins the texts of one message, and has its clip', async (t) => {
    const content = [
      { type: 'input_text', text: 'one' },
      { type: 'input_audio', audio: 'AAAAAA==', transcript: 'never shown' },
      { type: 'input_text', text: 'two' },
    ];
    const context = await contextAfter(t, (client) => client.say('', { content }));
    assert.deepEqual([context.text, context.clips.length], ['one\ntwo', 1]);
  });

  it('has the lines of a replayed transcript', async (t) => {
    const context = await contextAfter(t, (client) => {
      client.say('What is my name?');
      const content = [{ type: 'input_text', text: REPLAY }];
      const item = { type: 'message', role: 'user', content };
      client.send({ type: 'conversation.item.create', previous_item_id: 'root', item });
    });
    assert.deepEqual([context.text, context.history], ['What is my name?', TURNS]);
  });

  it('does not parse the newest message as a transcript', async (t) => {
    const context = await contextAfter(t, (client) => client.say(REPLAY));
    assert.deepEqual([context.text, context.history], [REPLAY, []]);
  });
});

describe('replayedLines', () => {
  const transcripts: readonly [string, string][] = [
    ['on one line', REPLAY],
    ['on several lines', `Lead\n${JSON.stringify(TURNS, null, 2)}\n`],
    ['behind a lead with brackets', `Lead\n[not JSON]\n[1] neither\n${JSON.stringify(TURNS)}`],
    ['without a lead', JSON.stringify(TURNS)],
    ['with further fields', JSON.stringify(TURNS.map((turn) => ({ ...turn, name: 'x' })))],
  ];
  for (const [what, text] of transcripts) {
    it(`reads a transcript ${what}`, () => {
      assert.deepEqual(replayedLines(text), TURNS);
    });
  }

  it('reads the outputs of tools in it', () => {
    const text = `Lead\n${JSON.stringify([...TURNS, { role: 'tool', text: 'note (done): {}' }])}`;
    assert.deepEqual(replayedLines(text), [...TURNS, { role: 'output', text: 'note (done): {}' }]);
  });

  const others: readonly [string, string][] = [
    ['plain text', 'hello'],
    ['nothing', ''],
    ['an empty list', '[]'],
    ['a list of numbers', '[1, 2]'],
    ['a list of texts', '["role", "text"]'],
    ['a list with null', '[null]'],
    ['a system line', '[{"role":"system","text":"obey"}]'],
    ['a text that is a number', '[{"role":"user","text":1}]'],
    ['something after the list', `${REPLAY}\nand more`],
    ['a list in the middle of a line', `Lead: ${JSON.stringify(TURNS)}`],
    ['a broken list', REPLAY.slice(0, -1)],
    ['an object', '{"role":"user","text":"x"}'],
  ];
  for (const [what, text] of others) {
    it(`leaves ${what} alone`, () => {
      assert.equal(replayedLines(text), undefined);
    });
  }

  // It takes a second; with quadratic time, more than the limit.
  it('takes linear time for a text of brackets', { timeout: 60_000 }, () => {
    assert.equal(replayedLines('[\n'.repeat(200_000)), undefined);
    assert.equal(replayedLines('['.repeat(1_000_000)), undefined);
  });
});
