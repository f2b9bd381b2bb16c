import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ending, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { type ScriptedTurn, scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { MAX_FRAME_BYTES } from '../../src/realtime/connection.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { plain } from './collecting.ts';
import { NEVER } from './fake-model.ts';
import { inTime } from './gathered.ts';
import * as wire from './server-events.ts';
import { azureKey, Client, startMuteServer } from './wire.ts';

const TIMEOUT = { timeout: 20_000 };
const PCM = Uint8Array.from({ length: 24_000 }, (_, index) => index % 251);

const turn = (turnId: string, text = 'hello', history?: string) => ({ turnId, text, history });

function performs(text: string, ending: Ending = { kind: 'completed' }): ScriptedResponse {
  return { outputs: [{ text, pcm: PCM }], ending };
}

/** A session at a simulator that answers as scripted. */
async function simulated(...turns: readonly ScriptedTurn[]) {
  const script = scripted(turns);
  const simulator = await startSimulator({ responder: script.responder, voice: toneVoice(), paceMs: 0 });
  const client = new Client({ endpoint: azureKey(simulator.url) });
  const session = await client.session();
  const ask = (text: string) => inTime(session.runTurn(turn(`turn ${text}`, text), NEVER));
  return { simulator, script, client, session, ask, [Symbol.asyncDispose]: () => simulator.close() };
}

/** A running turn of a session at a server that sends nothing by itself. */
async function unanswered(clock = new ManualClock()) {
  const server = await startMuteServer();
  const client = new Client({ endpoint: azureKey(server.url), clock });
  const session = await client.session();
  const result = session.runTurn(turn(wire.TURN_ID, 'How are you?', 'Before: hi'), NEVER);
  const [socket] = await server.sockets.when(1);
  assert.ok(socket !== undefined);
  const send = (...frames: readonly (wire.WireEvent | string)[]) => {
    for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  };
  const ended = async () => plain((await inTime(result)).outcome);
  return {
    server,
    client,
    session,
    clock,
    socket,
    send,
    result,
    ended,
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

describe('a session on the wire', TIMEOUT, () => {
  it('sends its whole first turn before the service answers', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    const [settings, history, message, create] = await talk.server.events.when(4);
    assert.deepEqual(
      [settings, history, message, create].map((event) => event?.['type']),
      ['session.update', 'conversation.item.create', 'conversation.item.create', 'response.create'],
    );
    assert.equal(history?.['previous_item_id'], 'root');
    assert.match(JSON.stringify(history?.['item']), /Before: hi/);
    assert.match(JSON.stringify(message?.['item']), /How are you\?/);
    assert.deepEqual(create?.['response'], { metadata: { turn: wire.TURN_ID } });
  });

  it('requests audio output without voice detection, and nothing else', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    const [update] = await talk.server.events.when(1);
    const format = { type: 'audio/pcm', rate: 24_000 };
    assert.deepEqual(update?.['session'], {
      type: 'realtime',
      instructions: 'Be kind.',
      output_modalities: ['audio'],
      audio: { input: { format, turn_detection: null }, output: { format, voice: 'alloy' } },
    });
  });

  it('returns text and audio of an answer unchanged', async (t) => {
    const talk = await simulated(performs('Hi there'), performs('And again'));
    t.after(() => talk[Symbol.asyncDispose]());
    assert.deepEqual(plain((await talk.ask('one')).outcome), { kind: 'spoken', text: 'Hi there', bytes: [...PCM] });
    assert.deepEqual(plain((await talk.ask('two')).outcome), { kind: 'spoken', text: 'And again', bytes: [...PCM] });
    assert.deepEqual(
      talk.script.contexts.map(({ text, history }) => [text, history.length]),
      [
        ['one', 0],
        ['two', 2],
      ],
    );
    assert.equal(talk.session.isUsableFor(60_000), true);
    talk.session.close();
    await talk.client.closed.when(1);
  });

  it('has the end that the service names', async (t) => {
    const talk = await simulated();
    t.after(() => talk[Symbol.asyncDispose]());
    const session = await talk.client.events.first(({ kind }) => kind === 'session');
    assert.ok(session.kind === 'session' && session.expiresAtMs !== undefined);
    assert.equal(talk.session.isUsableFor(1_790_000), true);
    assert.equal(talk.session.isUsableFor(1_810_000), false);
  });

  it('fails the turn if the service rejects its settings', async (t) => {
    const talk = await simulated('Hi');
    t.after(() => talk[Symbol.asyncDispose]());
    const session = await talk.client.session({ voice: 'bob' });
    const { outcome, isRetryable } = await inTime(session.runTurn(turn('t1'), NEVER));
    assert.deepEqual([plain(outcome), isRetryable], [{ kind: 'failed', code: 'settings_rejected' }, false]);
  });
});

describe('a broken socket', TIMEOUT, () => {
  it('fails the turn with a retry before the answer begins', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    await talk.server.events.when(4);
    talk.socket.terminate();
    assert.deepEqual(await talk.ended(), { kind: 'failed', code: 'connection_lost' });
    assert.equal(talk.session.isUsableFor(1), false);
  });

  it('fails the turn with a retry after response.created', async (t) => {
    const talk = await simulated(performs('Hi', { kind: 'disconnect', afterDeltas: 0 }));
    t.after(() => talk[Symbol.asyncDispose]());
    const { outcome, isRetryable } = await talk.ask('hello');
    assert.deepEqual(plain(outcome), { kind: 'failed', code: 'connection_lost' });
    assert.equal(isRetryable, true);
  });

  it('truncates the answer after the first delta', async (t) => {
    const talk = await simulated(performs('Once upon a time', { kind: 'disconnect', afterDeltas: 1 }));
    t.after(() => talk[Symbol.asyncDispose]());
    const { outcome, isRetryable } = await talk.ask('hello');
    assert.ok(outcome.kind === 'cutShort');
    assert.deepEqual([outcome.why, isRetryable], ['lost', false]);
    assert.match(outcome.text, /^Once/);
    const bytes = Buffer.concat(outcome.pcm.chunks);
    assert.ok(bytes.length > 0 && bytes.length < PCM.length);
    assert.ok(bytes.equals(PCM.subarray(0, bytes.length)));
  });

  it('leaves the code of its close frame in the error, but not the reason, which may quote user input', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    talk.socket.close(1011, 'the model fell over');
    await talk.ended();
    const [reason] = await talk.client.closed.when(1);
    assert.equal(reason?.message, 'the socket closed (1011)');
  });

  it('makes an idle session unusable', async (t) => {
    const talk = await simulated('Hi');
    t.after(() => talk[Symbol.asyncDispose]());
    await talk.ask('one');
    talk.simulator.dropAll();
    await talk.client.closed.when(1);
    assert.equal(talk.session.isUsableFor(1), false);
  });
});

describe('a frame of the service', TIMEOUT, () => {
  it('ends the session without a retry if it is larger than 16 MiB', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    talk.send(wire.created(), JSON.stringify({ type: 'x', pad: 'x'.repeat(MAX_FRAME_BYTES) }));
    assert.deepEqual(await talk.ended(), { kind: 'failed', code: 'frame_too_large' });
    await talk.client.closed.when(1);
  });

  it('is accepted with several MB', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    const audio = Buffer.alloc(3 * 1024 * 1024, 7);
    talk.send(wire.created(), wire.audioDelta(audio), wire.done());
    const { outcome } = await inTime(talk.result);
    assert.ok(outcome.kind === 'spoken');
    assert.ok(Buffer.concat(outcome.pcm.chunks).equals(audio));
  });

  for (const [name, frame] of [
    ['broken JSON', '{"type":"response.output_text.delta","delta":'],
    ['no object', '["response.done"]'],
    ['an object without a type', '{"kind":"response.done"}'],
  ] as const) {
    it(`ends the session if it is ${name}`, async (t) => {
      const talk = await unanswered();
      t.after(() => talk[Symbol.asyncDispose]());
      talk.send(wire.created(), frame);
      assert.deepEqual(await talk.ended(), { kind: 'failed', code: 'frame_malformed' });
      await talk.client.closed.when(1);
    });

    it(`keeps everything that had arrived if it is ${name}`, async (t) => {
      const talk = await unanswered();
      t.after(() => talk[Symbol.asyncDispose]());
      talk.send(wire.created(), wire.textDelta('Once'), frame);
      assert.deepEqual(await talk.ended(), { kind: 'cutShort', why: 'lost', text: 'Once', bytes: [] });
    });
  }
});

describe('closing a socket', TIMEOUT, () => {
  it('sends a close frame', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    const code = inTime(new Promise((resolve) => talk.socket.once('close', resolve)));
    talk.session.close();
    assert.equal(await code, 1000);
    assert.deepEqual(await talk.ended(), { kind: 'failed', code: 'connection_lost' });
    assert.deepEqual(talk.clock.waiting, []);
  });

  it('takes at most 2 seconds', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    talk.socket.pause();
    talk.session.close();
    talk.session.close();
    await talk.clock.advance(1_999);
    assert.deepEqual(talk.client.closed.all, []);
    await talk.clock.advance(1);
    assert.equal((await talk.client.closed.when(1)).length, 1);
  });
});

describe('the time limit of a turn on the wire', TIMEOUT, () => {
  it('ends the turn 15 seconds after the question without an answer', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    await talk.server.events.when(4);
    talk.send({ type: 'session.created', session: {} }, { type: 'session.updated', session: {} });
    await talk.client.events.when(2);
    await talk.clock.advance(15_000);
    assert.deepEqual(await talk.ended(), { kind: 'failed', code: 'first_event_timeout' });
  });

  it('ends the turn after 20 seconds of silence', async (t) => {
    const talk = await unanswered();
    t.after(() => talk[Symbol.asyncDispose]());
    talk.send(wire.created(), wire.textDelta('Once'));
    await talk.client.events.when(2);
    await talk.clock.advance(19_999);
    assert.equal(talk.session.isUsableFor(1), true);
    await talk.clock.advance(1);
    assert.deepEqual(await talk.ended(), { kind: 'cutShort', why: 'lost', text: 'Once', bytes: [] });
    assert.equal(talk.session.isUsableFor(1), false);
  });
});
