import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ScriptedResponse } from '../../dev/simulator/responder.ts';
import { type ScriptedTurn, scripted } from '../../dev/simulator/script.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { NEVER } from './fake-model.ts';
import { inTime } from './gathered.ts';
import { azureKey, Client, type Json } from './wire.ts';

const HISTORY = 'Before: hi';
const PCM = Uint8Array.from({ length: 4_800 }, (_, index) => index % 251);
const asText = (text: string): ScriptedResponse => ({
  outputs: [{ text, modality: 'text' }],
  ending: { kind: 'completed' },
});
const asSpeech = (text: string): ScriptedResponse => ({ outputs: [{ text, pcm: PCM }], ending: { kind: 'completed' } });

async function talk(t: TestContext, turns: readonly ScriptedTurn[], clock?: ManualClock) {
  const script = scripted(turns);
  const events: Json[] = [];
  const simulator = await startSimulator({
    responder: script.responder,
    voice: toneVoice(),
    paceMs: 0,
    onEvent: (from, event) => from === 'client' && events.push(event),
  });
  t.after(() => simulator.close());
  const client = new Client({ endpoint: azureKey(simulator.url), ...(clock === undefined ? {} : { clock }) });
  const session = await client.session();
  t.after(() => session.close());
  const ask = (text: string, history?: string) =>
    inTime(session.runTurn({ turnId: `turn-${text}`, text, history }, NEVER));
  return { script, session, ask, events, types: () => events.map(({ type }) => type) };
}

describe('an answer in text instead of speech', { timeout: 20_000 }, () => {
  it('is deleted in a session with a history, and requested once more as speech', async (t) => {
    const { ask, script, session, events, types } = await talk(t, [asText('As text'), asSpeech('As speech'), 'Bye']);
    const { outcome } = await ask('one', HISTORY);
    assert.equal(outcome.kind === 'spoken' && outcome.text, 'As speech');
    assert.deepEqual(outcome.kind === 'spoken' && Buffer.concat(outcome.pcm.chunks), Buffer.from(PCM));
    assert.deepEqual(types().slice(-2), ['conversation.item.delete', 'response.create']);
    const response = events.at(-1)?.['response'] as { output_modalities: unknown };
    assert.deepEqual(response.output_modalities, ['audio']);

    assert.equal(session.isUsableFor(1_000), true);
    await ask('two');
    const heard = script.contexts.at(-1)?.history.map(({ text }) => text);
    assert.ok(heard?.includes('As speech'));
    assert.ok(!heard?.includes('As text'), 'the text has left the memory of the model');
  });

  it('is repaired in later turns of a session with a history', async (t) => {
    const { ask } = await talk(t, ['Hi', asText('As text'), asSpeech('As speech')]);
    await ask('one', HISTORY);
    assert.equal((await ask('two')).outcome.kind, 'spoken');
  });

  it('is delivered as text in a session without a history', async (t) => {
    const { ask, types } = await talk(t, [asText('As text')]);
    assert.deepEqual((await ask('one')).outcome, { kind: 'textOnly', text: 'As text' });
    assert.ok(!types().includes('conversation.item.delete'));
  });

  const cut: ScriptedResponse = { outputs: [{ text: 'half' }], ending: { kind: 'disconnect', afterDeltas: 1 } };
  const failed: ScriptedResponse = {
    outputs: [],
    ending: { kind: 'failed', error: { type: 'server_error', code: 'server_error', message: '' } },
  };
  for (const [name, second] of Object.entries({ 'text again': asText('Again'), 'a failure': failed, 'a drop': cut })) {
    it(`is delivered as text if the second try brings ${name}, and the session ends`, async (t) => {
      const { ask, session } = await talk(t, [asText('As text'), second]);
      assert.deepEqual((await ask('one', HISTORY)).outcome, { kind: 'textOnly', text: 'As text' });
      assert.equal(session.isUsableFor(0), false);
    });
  }

  it('is repaired within 10 seconds', async (t) => {
    const clock = new ManualClock();
    const hang: ScriptedResponse = { outputs: [], ending: { kind: 'hang', afterDeltas: 0 } };
    const { ask } = await talk(t, [asText('As text'), hang], clock);
    const answer = ask('one', HISTORY);
    await clock.whenWaiting(10_000);
    await clock.advance(10_000);
    assert.deepEqual((await answer).outcome, { kind: 'textOnly', text: 'As text' });
  });
});
