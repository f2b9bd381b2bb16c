import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type ChatAnswer, ChatConversation } from '../../dev/chat/chat-conversation.ts';
import { readChatConfig, withSimulator } from '../../dev/chat/chat-settings.ts';
import { ChatTools } from '../../dev/chat/chat-tools.ts';
import type { Ending, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { type ScriptedTurn, scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { TurnError } from '../../src/errors.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NEVER = new AbortController().signal;

async function start(t: TestContext, turns: readonly ScriptedTurn[], refuse?: () => { status: number } | undefined) {
  const script = scripted(turns);
  const clock = new ManualClock();
  const simulator = await startSimulator({
    responder: script.responder,
    voice: toneVoice(),
    paceMs: 0,
    clock,
    ...(refuse === undefined ? {} : { refuse }),
  });
  const told: string[] = [];
  const log = createLogger('silent');
  const tools = {
    setFor: async () => ({ tools: new Map(), definitions: [], definitionBytes: 0 }),
    downServers: () => [],
  };
  const conversation = new ChatConversation({
    config: readChatConfig(withSimulator({ TURN_TIMEOUT_SECONDS: '5' }, simulator.url)),
    listener: {
      onSession: (id) => told.push(id),
      onEvent: ({ kind }) => told.push(kind),
      onRetry: (waitMs) => told.push(`retry in ${waitMs}`),
    },
    clock,
    ids: randomIds,
    log,
    random: () => 0,
    tokens: () => async () => 'token',
    tools: new ChatTools({ tools, person: { say() {}, ask: async () => undefined }, clock, log }),
  });
  t.after(async () => {
    conversation.close();
    await simulator.close();
  });
  const says = (text: string) => conversation.ask(text, NEVER);
  const saidLast = () => script.contexts.at(-1)?.history.map(({ role, text }) => `${role}: ${text}`);
  return { conversation, says, clock, told, script, saidLast };
}

function ending(text: string, end: Ending): ScriptedResponse {
  return { outputs: [{ text, pcm: new Uint8Array(48_000) }], ending: end };
}

function kindOf({ outcome }: ChatAnswer): string {
  return outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
}

describe('ChatConversation', () => {
  it('announces each session once, before its first event', async (t) => {
    const { says, told } = await start(t, ['One.', 'Two.']);
    assert.equal(kindOf(await says('a')), 'spoken');
    assert.equal(kindOf(await says('b')), 'spoken');
    assert.match(told[0] ?? '', /^sess_/);
    assert.equal(told.filter((what) => what.startsWith('sess_')).length, 1);
  });

  it('announces a retry with its delay', async (t) => {
    const statuses = [503, 500];
    const refuse = () => {
      const status = statuses.shift();
      return status === undefined ? undefined : { status };
    };
    const { says, clock, told, script } = await start(t, ['At last.'], refuse);
    const outcome = says('hello');
    for (const waitMs of [375, 1125]) {
      await clock.whenWaiting(waitMs);
      await clock.advance(waitMs);
    }
    assert.equal(kindOf(await outcome), 'spoken');
    assert.deepEqual(told.slice(0, 2), ['retry in 375', 'retry in 1125']);
    assert.match(told[2] ?? '', /^sess_/);
    script.assertConsumed();
  });

  it('fails after the time limit of a turn', async (t) => {
    const { says, clock } = await start(t, [ending('', { kind: 'hang', afterDeltas: 0 })]);
    const outcome = says('hello');
    await clock.whenWaiting(20_000);
    await clock.advance(5_000);
    assert.equal(kindOf(await outcome), 'turn_timeout');
  });

  it('ends at once if it is cancelled, also between two attempts', async (t) => {
    const { conversation, clock } = await start(t, [], () => ({ status: 503 }));
    const cancel = new AbortController();
    const outcome = conversation.ask('hello', cancel.signal);
    await clock.whenWaiting(375);
    cancel.abort(new TurnError('internal', 'the user cancelled'));
    assert.equal(kindOf(await outcome), 'internal');
    assert.deepEqual(clock.waiting, []);
  });

  it('replays the history into a new session, without filtered and rejected messages', async (t) => {
    const refused = { type: 'invalid_request_error', code: 'string_above_max_length', message: 'Too long.' };
    const { says, saidLast } = await start(t, [
      'One.',
      ending('Something bad.', { kind: 'incomplete', reason: 'content_filter' }),
      { outputs: [], ending: { kind: 'reject', error: refused } },
      ending('It goes on and', { kind: 'disconnect', afterDeltas: 4 }),
      'Five.',
    ]);
    await says('first');
    assert.equal(kindOf(await says('bad')), 'cutShort');
    assert.equal(kindOf(await says('refused')), 'request_rejected');
    assert.equal(kindOf(await says('fourth')), 'cutShort');
    assert.equal(kindOf(await says('fifth')), 'spoken');
    assert.deepEqual(saidLast(), ['user: first', 'assistant: One.', 'user: fourth', 'assistant: It goes on and']);
  });
});
