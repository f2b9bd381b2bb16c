import { SendError, StoreError, TurnError } from '../errors.ts';
import { type Completion, complete, type Way, withAnswered } from './complete.ts';
import { messageId } from './keys.ts';
import { untilStored } from './retry.ts';
import type { TurnDeps } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';

/** How often is looked whether a message was stopped or withdrawn by way of another instance. */
const LOOK_MS = 1_000;

/**
 * Completes a message, and stops it once it is kept no more: whoever stops or withdraws a message, on whichever
 * instance, marks it as done in the store. Never rejects: what went wrong is in the completion.
 */
export async function whileKept(turn: UserMessage, way: Way, deps: TurnDeps): Promise<Completion> {
  const mayBeLeft = deps.leases.isShared && !turn.isInBand;
  if (!mayBeLeft) return ended(turn, complete(turn, way, deps), mayBeLeft, deps);
  const gone = new AbortController();
  const stopping = AbortSignal.any([way.stopping, gone.signal]);
  const stopLooking = look(turn, deps, () => gone.abort(new TurnError('cancelled', 'stopped by way of the store')));
  return ended(turn, complete(turn, { ...way, stopping }, deps), mayBeLeft, deps).finally(stopLooking);
}

async function ended(
  turn: UserMessage,
  completing: Promise<Completion>,
  mayBeLeft: boolean,
  { drained, watch }: TurnDeps,
): Promise<Completion> {
  try {
    return await completing;
  } catch (error) {
    if (mayBeLeft && (error instanceof StoreError || drained.aborted)) {
      watch.ended('left');
      return { end: 'left', edit: (record) => record, error };
    }
    const isNobodyThere = error instanceof SendError && error.code === 'conversation_gone';
    watch.ended(isNobodyThere ? 'gone' : 'unsent', error instanceof SendError ? error.code : undefined);
    const edit: Completion['edit'] = (record) => withAnswered(record, messageId(turn));
    return { end: isNobodyThere ? 'answered' : 'unsent', edit, error };
  }
}

/** Once its end is recorded. */
export async function dismissMessage(turn: UserMessage, { end }: Completion, deps: TurnDeps): Promise<void> {
  const { pending, clock, log, drained } = deps;
  if (turn.isInBand || end === 'left') return;
  const dismiss = () => (end === 'unsent' ? pending.fail(turn) : pending.remove(turn));
  try {
    await untilStored(dismiss, { clock, log, signal: drained });
  } catch (err) {
    // It stands in its conversation's record that it is answered.
    log.warn({ err }, 'an answered message was not removed');
  }
}

function look(turn: UserMessage, { pending, clock, log }: TurnDeps, onGone: () => void): () => void {
  let forget = () => {};
  let isOver = false;
  const lookLater = () => {
    forget = clock.after(LOOK_MS, async () => {
      const isKept = await pending.has(turn).catch(() => true);
      if (isOver) return;
      if (isKept) return lookLater();
      log.info('stopped by way of the store');
      onGone();
    });
  };
  lookLater();
  return () => {
    isOver = true;
    forget();
  };
}
