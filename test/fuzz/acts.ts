import fc, { type Arbitrary } from 'fast-check';
import * as wire from '../realtime/server-events.ts';
import { type Act, anyFrame, type Ending, type Frame, goodFrame } from './frames.ts';

/** A change to a whole answer; the positions are taken modulo its length. */
type Change =
  | { readonly kind: 'insert'; readonly at: number; readonly frame: Frame }
  | { readonly kind: 'drop'; readonly at: number }
  | { readonly kind: 'repeat'; readonly at: number }
  | { readonly kind: 'swap'; readonly at: number; readonly with: number };

const eventFrame = (event: wire.WireEvent): Frame => ({ kind: 'event', event, edits: [] });

/** Some words with their audio, whose chunks may end in the middle of a sample, for one of a few items. */
function pieceOf(number: number): wire.WireEvent[] {
  const at = { item: `item_${number % 3}`, output: number % 3 };
  const sound = new Uint8Array(1 + (number % 4)).fill(number);
  return [wire.transcriptDelta(` said${number}`, at), wire.audioDelta(sound, at)];
}

/** An answer of the service: a few chunks of text and audio, then the end. */
const goodAnswer: Arbitrary<readonly Frame[]> = fc
  .array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 5 })
  .map((numbers) => [wire.created({ turn: '@turn' }), ...numbers.flatMap(pieceOf), wire.done({ turn: '@turn' })])
  .map((events) => events.map(eventFrame));

const place = fc.nat({ max: 30 });

const change: Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert'), at: place, frame: anyFrame }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat'), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swap'), at: place, with: place }) },
);

const changedAnswer = fc
  .tuple(goodAnswer, fc.array(change, { maxLength: 5 }))
  .map(([frames, changes]) => changes.reduce(changed, frames));

function changed(frames: readonly Frame[], change: Change): readonly Frame[] {
  if (frames.length === 0) return frames;
  const at = change.at % frames.length;
  const frame = frames[at] as Frame;
  switch (change.kind) {
    case 'insert':
      return frames.toSpliced(at, 0, change.frame);
    case 'drop':
      return frames.toSpliced(at, 1);
    case 'repeat':
      return frames.toSpliced(at, 0, frame);
    case 'swap': {
      const other = change.with % frames.length;
      return frames.with(at, frames[other] as Frame).with(other, frame);
    }
  }
}

const frames: Arbitrary<readonly Frame[]> = fc.oneof(
  { weight: 3, arbitrary: changedAnswer },
  { weight: 1, arbitrary: fc.array(goodFrame, { maxLength: 15, size: 'max' }) },
  { weight: 1, arbitrary: fc.array(anyFrame, { maxLength: 15, size: 'max' }) },
);

const ending: Arbitrary<Ending> = fc.constantFrom('silence', 'done', 'done', 'close', 'break');

/** One answer of the service, from valid to hostile. */
export const anyAct: Arbitrary<Act> = fc.record({ frames, ending });
