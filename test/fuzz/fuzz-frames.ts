import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plain } from '../realtime/collecting.ts';
import * as wire from '../realtime/server-events.ts';
import { assertHolds, Counts, print } from '../support/kit/report.ts';
import { anyAct } from './acts.ts';
import { type Act, type Frame, payloadOf } from './frames.ts';
import { collectFrames } from './ledger.ts';
import { nameOf } from './outcomes.ts';
import { type Player, startPlayer } from './player.ts';
import { inQuarters } from './quarters.ts';

const DONE: Frame = { kind: 'event', event: wire.done({ turn: '@turn' }), edits: [] };
/** The average number of frames in a run is larger. */
const FRAMES_A_RUN = 8;

/**
 * One run over a socket: turns end in an allowed way, and the first of them as in the collector alone. `onEnd` gets the
 * end of each.
 */
export async function playActs(player: Player, acts: readonly Act[], onEnd: (name: string) => void): Promise<void> {
  const results = await player.play(acts);
  for (const { outcome } of results) onEnd(nameOf(outcome));
  const [act] = acts;
  // Frames after an unreadable one race with the end of the socket.
  if (act?.ending !== 'done') return;
  assert.deepEqual(plain(results[0]?.outcome), plain(collectFrames([...act.frames, DONE])));
}

export const someActs = fc.array(anyAct, { minLength: 1, maxLength: 3 });

/**
 * Sends this many frames over sockets, and at least as many more to the collector; throws if a turn ends in a forbidden
 * way.
 */
export async function fuzzFrames(frames: number, seed: number): Promise<void> {
  const player = await startPlayer();
  const ends = new Counts<string>();
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  try {
    await inQuarters(frames, seed, async (quarter) => {
      await playUpTo(quarter.upTo, player, ends, quarter.seed);
      print(`  ${player.frames} frames over sockets`);
      assert.deepEqual(unhandled, []);
      return process.memoryUsage.rss();
    });
    print(`  turns by outcome: ${ends.listed()}`);
    collectUpTo(frames, seed);
    assert.deepEqual(unhandled, []);
    print('  unhandled rejections and exceptions: 0');
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note);
    await player.close();
  }
}

function show({ frames, ending }: Act): string {
  const names = { turn: '@turn', settings: '@settings', item: '@item', create: '@create' };
  return [...frames.map((frame) => Buffer.from(payloadOf(frame, names)).toString()), `(${ending})`].join('\n');
}

async function playUpTo(frames: number, player: Player, ends: Counts<string>, firstSeed: number): Promise<void> {
  const play = fc.asyncProperty(someActs, (acts) => playActs(player, acts, (name) => ends.add(name)));
  for (let seed = firstSeed; player.frames < frames; seed++) {
    const numRuns = Math.ceil((frames - player.frames) / FRAMES_A_RUN);
    assertHolds('frames over a socket', await fc.check(play, { seed, numRuns }), ([acts]) => acts.map(show).join('\n'));
  }
}

function collectUpTo(frames: number, seed: number): void {
  const outcomes = new Counts<string>();
  const property = fc.property(anyAct, (act) => outcomes.add(nameOf(collectFrames(act.frames))));
  assertHolds('frames to the collector', fc.check(property, { seed, numRuns: frames }), ([act]) => show(act));
  print(`  ${frames} sequences to the collector by outcome: ${outcomes.listed()}`);
}
