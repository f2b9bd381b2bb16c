import assert from 'node:assert/strict';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { connectionOpener, type OpenConnection } from '../../src/realtime/connection.ts';
import type { ModelResult } from '../../src/realtime/model-result.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { NEVER, SETTINGS } from '../realtime/fake-model.ts';
import { inTime } from '../realtime/gathered.ts';
import * as wire from '../realtime/server-events.ts';
import { azureKey } from '../realtime/wire.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Act, payloadOf } from './frames.ts';
import { isReadable } from './ledger.ts';
import { assertResult, nameOf } from './outcomes.ts';
import { type Asked, startService } from './service.ts';

/** Longer than any time limit of a session. */
const DEADLINES_MS = 25_000;
/** Announces, with the name of its turn, that all frames before it have arrived. */
const MARKER = 'fuzz.marker ';

export interface Player {
  /** Plays one act after another in one session, while it is usable. Throws if a turn ends in a forbidden way. */
  play(acts: readonly Act[]): Promise<readonly ModelResult[]>;
  /** The number of frames over sockets so far. */
  readonly frames: number;
  close(): Promise<void>;
}

/** A service that plays acts, and the bot's own client over a socket, with a clock that skips silence. */
export async function startPlayer(): Promise<Player> {
  const service = await startService();
  const endpoint = azureKey(service.url);
  let frames = 0;

  async function openSession(clock: ManualClock, onMarker: (turnId: string) => void): Promise<RealtimeSession> {
    const opener = connectionOpener(endpoint, () => async () => 'unused', undefined, clock);
    const open: OpenConnection = ({ onEvent, onClosed }, signal) => {
      const watch: typeof onEvent = (event) => {
        onEvent(event);
        if (event.kind === 'other' && event.type.startsWith(MARKER)) onMarker(event.type.slice(MARKER.length));
      };
      return opener({ onEvent: watch, onClosed }, signal);
    };
    return RealtimeSession.open(
      { open, settings: SETTINGS, clock, ids: randomIds, log: createLogger('silent') },
      NEVER,
    );
  }

  async function playAll(acts: readonly Act[]): Promise<readonly ModelResult[]> {
    const clock = new ManualClock();
    let turnId = '';
    // Only while its turn runs, which earlier frames may have ended.
    const session = await openSession(clock, (marked) => void (marked === turnId && clock.advance(DEADLINES_MS)));
    const results: ModelResult[] = [];
    for (const act of acts) {
      if (!session.isUsableFor(0)) break;
      service.answer = (asked) => {
        frames += perform(act, asked);
      };
      turnId = `turn ${results.length}`;
      const result = await session.runTurn({ turnId, text: 'hello', history: undefined }, NEVER);
      turnId = '';
      assertResult(result);
      assertSessionAfter(session, act, result);
      results.push(result);
    }
    session.close();
    assert.equal(session.isUsableFor(0), false);
    return results;
  }

  return {
    play: (acts) => inTime(playAll(acts)),
    get frames() {
      return frames;
    },
    close: () => service.close(),
  };
}

/** A session continues only if both sides know its history. */
function assertSessionAfter(session: RealtimeSession, { frames: [first] }: Act, { outcome }: ModelResult): void {
  if (!session.isUsableFor(0)) return;
  assert.ok(first === undefined || isReadable(first), 'goes on after a frame that could not be read');
  assert.ok(['spoken', 'textOnly', 'cutShort length'].includes(nameOf(outcome)), nameOf(outcome));
}

/** Sends the frames of an act at once; returns their number. */
function perform({ frames, ending }: Act, { socket, turnId, eventIds }: Asked): number {
  const {
    'session.update': settings = '',
    'conversation.item.create': item = '',
    'response.create': create,
  } = eventIds;
  const names = { turn: turnId, settings, item, create: create ?? '' };
  for (const frame of frames) socket.send(payloadOf(frame, names));
  if (ending === 'silence') socket.send(JSON.stringify({ type: MARKER + turnId }));
  if (ending === 'done') socket.send(JSON.stringify(wire.done({ turn: turnId })));
  if (ending === 'close') socket.close(1011, 'the model fell over');
  if (ending === 'break') socket.terminate();
  return frames.length + (ending === 'silence' || ending === 'done' ? 1 : 0);
}
