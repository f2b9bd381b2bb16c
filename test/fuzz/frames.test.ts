import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readServerEvent } from '../../src/realtime/server-event.ts';
import { collect, plain } from '../realtime/collecting.ts';
import * as wire from '../realtime/server-events.ts';
import { anyAct } from './acts.ts';
import { editedFrame, type Frame } from './frames.ts';
import { playActs, someActs } from './fuzz-frames.ts';
import { hostileText, hostileValue, withEdits } from './hostile.ts';
import { collectFrames } from './ledger.ts';
import { nameOf } from './outcomes.ts';
import { startPlayer } from './player.ts';

const SEED = 20_261_101;

const KINDS = [
  ...['session', 'responseCreated', 'textDelta', 'textDone', 'audioDelta', 'responseDone'],
  ...['error', 'preview', 'other', 'malformed'],
];

describe('random frames of the service', { timeout: 60_000 }, () => {
  it('have one outcome, which loses nothing of the answer', () => {
    const ends = new Set<string>();
    const property = fc.property(anyAct, ({ frames }) => void ends.add(nameOf(collectFrames(frames))));
    fc.assert(property, { seed: SEED, numRuns: 500 });
    for (const name of ['spoken', 'textOnly', 'cutShort filter', 'failed frame_malformed', 'failed server_error']) {
      assert.ok(ends.has(name), `${name} is not among ${[...ends].join(', ')}`);
    }
  });

  it('have the same outcome over a socket', async (t) => {
    const player = await startPlayer();
    t.after(() => player.close());
    let turns = 0;
    const property = fc.asyncProperty(someActs, (acts) => playActs(player, acts, () => void turns++));
    await fc.assert(property, { seed: SEED, numRuns: 50 });
    assert.ok(turns >= 50);
  });
});

describe('an event of the service', () => {
  it('is parsed without throwing, whatever it contains', () => {
    const fields = fc.dictionary(fc.oneof(fc.constantFrom('response', 'error', 'delta'), hostileText), hostileValue);
    const event = fc.oneof(
      editedFrame.map(eventIn).filter(({ type }) => typeof type === 'string'),
      fc.tuple(hostileText, fields).map(([type, more]) => ({ ...more, type })),
    );
    const property = fc.property(event, (each) => {
      const { kind } = readServerEvent(each);
      assert.ok(KINDS.includes(kind), kind);
    });
    fc.assert(property, { seed: SEED, numRuns: 3_000 });
  });
});

function eventIn(frame: Frame): wire.WireEvent {
  assert.ok(frame.kind === 'event');
  return withEdits(frame.event, frame.edits) as wire.WireEvent;
}

/** Events that do not concern our turn once its response has begun. */
const foreign = fc.constantFrom<wire.WireEvent>(
  wire.created({ response: 'resp_2', turn: 'another turn' }),
  wire.created({ response: 'resp_2', turn: null }),
  wire.created({ response: 'resp_2' }),
  wire.created(),
  wire.textDelta('foreign', { response: 'resp_2' }),
  wire.textDone('foreign', { response: 'resp_2' }),
  wire.audioDelta([9, 9, 9], { response: 'resp_2' }),
  wire.done({ response: 'resp_2', turn: 'another turn', status: 'failed' }),
  wire.done({ response: 'resp_2', turn: null, output: [wire.outputItem('foreign')] }),
  wire.errorEvent({ code: 'server_error' }, 'evt_of_somebody'),
  { type: 'session.updated', session: {} },
  { type: 'response.created', response: { id: 'resp_2' } },
  { type: 'response.output_text.delta', response_id: 'resp_2' },
  { type: 'rate_limits.updated' },
  { type: '__proto__' },
);

describe('events of other responses', () => {
  it('change nothing in an answer, wherever they arrive', () => {
    const answer = fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 6 });
    const intruders = fc.array(fc.tuple(fc.nat(), foreign), { maxLength: 8 });
    const property = fc.property(answer, intruders, (numbers, others) => {
      const pieces = numbers.flatMap((number) => [
        wire.transcriptDelta(` n${number}`),
        wire.audioDelta([number, 0, 1]),
      ]);
      const events: readonly wire.WireEvent[] = [wire.created(), ...pieces, wire.done()];
      const disturbed = others.reduce<readonly wire.WireEvent[]>(
        (all, [at, event]) => all.toSpliced(1 + (at % (all.length - 1)), 0, event),
        events,
      );
      assert.deepEqual(plain(collect(...disturbed).outcome), plain(collect(...events).outcome));
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });
});
