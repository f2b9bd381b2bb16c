import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InputDescription } from '../../../dev/simulator/input-description.ts';
import type { HistoryLine, ScriptedItem, ScriptedResponse } from '../../../dev/simulator/responder.ts';
import { simulatedResponder } from '../../../dev/simulator/rules.ts';
import { type Client, joined, responseOf, simulate } from './client.ts';

const NOTHING = { tools: [], toolResults: [], instructions: '', sessionId: 'sess_1' };

function ask(
  text: string,
  history: readonly HistoryLine[] = [],
  inputs: readonly InputDescription[] = [],
): ScriptedResponse {
  const clips = inputs.flatMap((part) => (part.kind === 'clip' ? part.clip : []));
  return simulatedResponder({ ...NOTHING, text, history, clips, inputs });
}

function textsOf(outputs: readonly ScriptedItem[]): readonly string[] {
  return outputs.flatMap((output) => ('text' in output ? output.text : []));
}

function answer(text: string, history: readonly HistoryLine[] = [], inputs: readonly InputDescription[] = []): string {
  const { outputs, ending } = ask(text, history, inputs);
  assert.deepEqual(ending, { kind: 'completed' });
  return textsOf(outputs).join();
}

const TALK: readonly HistoryLine[] = [
  { role: 'user', text: 'I like tea.' },
  { role: 'assistant', text: 'So do I.' },
  { role: 'user', text: '' },
  { role: 'assistant', text: '' },
];

const TONE: InputDescription = { kind: 'clip', clip: { durationMs: 2_000, loudestHz: 439.8, levelDb: -13 } };
const SILENCE: InputDescription = { kind: 'clip', clip: { durationMs: 250, loudestHz: undefined, levelDb: -96 } };
const PICTURE: InputDescription = {
  kind: 'picture',
  picture: { format: 'JPEG', size: { widthPx: 640, heightPx: 480 } },
};
const BLUR: InputDescription = { kind: 'picture', picture: { format: 'PNG', size: undefined } };

describe('the simulated responder', () => {
  for (const text of ['hello', 'Hi!', 'HEY', 'Good morning', ' hello there, bot ', 'Hi 👋']) {
    it(`greets, and says that it is a simulator: ${text}`, () => {
      assert.match(answer(text), /^Hello! I am a simulator/);
    });
  }

  for (const text of ['history is fun', 'high', 'Hello, could you please tell me the way to the station?']) {
    it(`does not recognize as a greeting: ${text}`, () => {
      assert.equal(answer(text), `You said: ${text}`);
    });
  }

  it('greets differently later in the conversation', () => {
    assert.match(answer('hello', TALK), /^Hello again/);
  });

  it('says exactly the text after "say"', () => {
    assert.equal(answer('say **Hello**, World!'), '**Hello**, World!');
    assert.equal(answer('Say: one\ntwo'), 'one\ntwo');
  });

  it('repeats its last answer', () => {
    assert.equal(answer('repeat', TALK), 'So do I.');
    assert.equal(answer('Please repeat that.', TALK), 'So do I.');
    assert.equal(answer('say that again', TALK), 'So do I.');
    assert.equal(answer('repeat'), 'There is nothing to repeat yet.');
  });

  it('lists in its help what users can type', () => {
    const help = answer('help');
    for (const word of ['simulator', 'hello', 'say', 'repeat', 'what did I say', 'count', 'joke', 'long']) {
      assert.ok(help.includes(word), word);
    }
    for (const fault of ['slow', 'error', 'rate limit', 'disconnect', 'hang']) assert.ok(help.includes(fault), fault);
  });

  it('quotes the beginning of its instructions in its help, and says that it has one voice', () => {
    const helpWith = (instructions: string) => {
      const context = { ...NOTHING, instructions, text: 'help', history: [], clips: [], inputs: [] };
      return textsOf(simulatedResponder(context).outputs).join();
    };
    assert.match(helpWith(' Be brief. '), /“Be brief\.”\nI have one computer voice, whatever voice is set\.$/);
    assert.ok(helpWith('x'.repeat(200)).includes(`“${'x'.repeat(200)}”`));
    assert.ok(helpWith('x'.repeat(201)).includes(`“${'x'.repeat(200)}…”`));
    assert.match(helpWith(''), /I got no instructions/);
  });

  it('understands everything that its help lists', () => {
    const lines = answer('help').split('\n');
    const examples = lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2).split(':')[0] ?? '');
    const faults =
      lines
        .find((line) => line.includes('go wrong'))
        ?.split(/: |, |\./)
        .slice(1, -1) ?? [];
    assert.deepEqual([examples.length, faults.length], [7, 5]);
    for (const text of [...examples, ...faults]) {
      assert.notEqual(textsOf(ask(text).outputs)[0], `You said: ${text}`, text);
    }
  });

  it('counts in words, up to twenty', () => {
    assert.equal(answer('count to 3'), 'one, two, three.');
    assert.equal(answer('Please count up to 1!'), 'one.');
    assert.match(answer('count to 20'), /nineteen, twenty\.$/);
    assert.match(answer('count to 21'), /^I can only count to twenty: one, .*, twenty\.$/);
    assert.equal(answer('count to 0'), 'I am there already.');
    assert.equal(answer('count to Four'), 'one, two, three, four.');
    assert.equal(answer('count to many'), 'I do not know the number many.');
  });

  it('tells another joke each time, the same one at the same position', () => {
    const exchange: readonly HistoryLine[] = [
      { role: 'user', text: 'joke' },
      { role: 'assistant', text: '…' },
    ];
    const jokes = [0, 1, 2, 3].map((count) => answer('tell me a joke', Array(count).fill(exchange).flat()));
    assert.equal(new Set(jokes).size, 4);
    assert.equal(answer('joke'), jokes[0]);
  });

  it('quotes the previous message of the user', () => {
    assert.equal(answer('What did I say?', TALK), 'You said: “I like tea.”');
    assert.equal(answer('what did i just tell you', TALK), 'You said: “I like tea.”');
    assert.equal(answer('what did I say'), 'This is the first thing you say to me.');
  });

  it('is slow after "slow"', () => {
    assert.equal(ask('slow').delayMs, 4_000);
  });

  it('fails after "error"', () => {
    const { ending } = ask('Error!');
    assert.equal(ending.kind === 'failed' && ending.error.code, 'server_error');
  });

  it('fails with a rate limit after "rate limit"', () => {
    const { ending } = ask('rate limit');
    assert.ok(ending.kind === 'failed');
    assert.equal(ending.error.code, 'rate_limit_exceeded');
    assert.match(ending.error.message, /Please try again in 1s\./);
  });

  it('disconnects or hangs after "disconnect" or "hang"', () => {
    assert.deepEqual(ask('disconnect.').ending, { kind: 'disconnect', afterDeltas: 3 });
    assert.deepEqual(ask('hang').ending, { kind: 'hang', afterDeltas: 0 });
  });

  it('recognizes a fault word only as the whole message', () => {
    for (const text of ['slow down', 'an error', 'rate limits', 'disconnect me', 'hang on', 'so long']) {
      assert.equal(answer(text), `You said: ${text}`);
    }
  });

  it('talks for about a minute after "long"', () => {
    assert.ok(Math.abs(answer('long').length * 60 - 63_000) < 5_000);
  });

  it('says so if there is nothing to answer', () => {
    assert.match(answer(' '), /simulator/);
  });

  it('describes clips and pictures, in order', () => {
    assert.equal(answer('', [], [TONE]), 'I heard 2.0 seconds of sound; its loudest tone is about 440 Hz.');
    assert.equal(answer(' ', [], [SILENCE]), 'I heard 0.3 seconds of silence.');
    assert.equal(answer('', [], [PICTURE]), 'I see a picture of 640 by 480 pixels (JPEG).');
    assert.equal(answer('', [], [BLUR]), 'I see a picture, but I cannot tell its size (PNG).');
    const all = answer('', [], [PICTURE, TONE, SILENCE, PICTURE]);
    assert.deepEqual(all.match(/640|440|silence/g), ['640', '440', 'silence', '640']);
  });

  it('answers the text first', () => {
    const about = 'I heard 2.0 seconds of sound; its loudest tone is about 440 Hz.';
    assert.equal(answer('count to 3', [], [TONE]), `one, two, three.\n${about}`);
    assert.equal(answer('what is this', [], [TONE]), `You said: what is this\n${about}`);
    assert.equal(ask('slow', [], [TONE]).delayMs, 4_000);
    assert.deepEqual(ask('error', [], [TONE]), ask('error'));
    assert.deepEqual(ask('disconnect', [], [TONE]), ask('disconnect'));
  });

  it('echoes everything else, up to a limit', () => {
    assert.equal(answer('[{"role":"user"}]'), 'You said: [{"role":"user"}]');
    assert.equal(answer('x'.repeat(100_000)).length, 'You said: '.length + 3_001);
    assert.ok(answer(`say ${'😀'.repeat(10_000)}`).isWellFormed());
  });
});

describe('the simulated responder, over a socket', () => {
  const words = async (client: Client, text: string) =>
    joined(await client.ask(text), 'response.output_audio_transcript.delta');

  it('remembers the history, even one that was replayed into a new session', async (t) => {
    const simulator = await simulate(simulatedResponder);
    t.after(() => simulator[Symbol.asyncDispose]());
    const first = await simulator.connect();
    await words(first, 'I like tea.');
    assert.equal(await words(first, 'what did I say?'), 'You said: “I like tea.”');
    const second = await simulator.connect();
    const turns = [
      { role: 'user', text: 'I like tea.' },
      { role: 'assistant', text: 'You said: I like tea.' },
    ];
    second.say(`Transcript so far, not to be answered again:\n${JSON.stringify(turns)}`);
    await second.until('conversation.item.done');
    assert.equal(await words(second, 'what did I say?'), 'You said: “I like tea.”');
  });

  it('breaks the connection in the middle of a sentence', async (t) => {
    const simulator = await simulate(simulatedResponder);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    client.say('disconnect');
    client.send({ type: 'response.create' });
    assert.equal((await closed).code, 1006);
    assert.equal(client.types().filter((type) => type === 'response.output_audio.delta').length, 3);
  });

  it('fails in the words of the service', async (t) => {
    const simulator = await simulate(simulatedResponder);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const details = responseOf(await client.ask('rate limit'))['status_details'] as { error: { code: string } };
    assert.equal(details.error.code, 'rate_limit_exceeded');
  });
});
