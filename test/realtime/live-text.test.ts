import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LiveText } from '../../src/realtime/live-text.ts';
import { readServerEvent } from '../../src/realtime/server-event.ts';
import * as wire from './server-events.ts';

/** The streamed text after each of these events. */
function shownBy(...events: readonly wire.WireEvent[]): (string | undefined)[] {
  const live = new LiveText(wire.TURN_ID, 'audio');
  let before = '';
  return events.map((event) => {
    if (!live.accept(readServerEvent(event))) return undefined;
    const text = live.text();
    if (text === before) return undefined;
    before = text;
    return text;
  });
}

describe('the streamed text of a spoken answer', () => {
  it('is the whole transcript so far', () => {
    assert.deepEqual(shownBy(wire.created(), wire.transcriptDelta('Once '), wire.transcriptDelta('upon')), [
      undefined,
      'Once',
      'Once upon',
    ]);
  });

  it('has a paragraph for each item', () => {
    const second = { item: 'item_2', output: 1 };
    const shown = shownBy(wire.created(), wire.transcriptDelta('Well.'), wire.transcriptDelta('Once', second));
    assert.equal(shown.at(-1), 'Well.\n\nOnce');
  });

  it('ignores a response that does not name this turn', () => {
    const foreign = { response: 'resp_0' };
    const unnamed = [wire.created({ ...foreign, turn: null }), wire.transcriptDelta('Never mine', foreign)];
    assert.deepEqual(shownBy(...unnamed, wire.created(), wire.transcriptDelta('Mine')), [
      undefined,
      undefined,
      undefined,
      'Mine',
    ]);
  });

  it('ignores text of the model, which may be deleted and requested as speech', () => {
    assert.deepEqual(shownBy(wire.created(), wire.textDelta('Written')), [undefined, undefined]);
  });

  it('never changes what was shown: a late item waits for the end', () => {
    const late = { item: 'item_0', output: 0 };
    const second = { item: 'item_1', output: 1 };
    const shown = shownBy(wire.created(), wire.transcriptDelta('Second', second), wire.transcriptDelta('First', late));
    assert.deepEqual(shown, [undefined, 'Second', undefined]);
  });
});
