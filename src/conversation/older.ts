import { commandOf } from './commands.ts';
import { giveUp, MOST_TRIES } from './give-up.ts';
import type { Lease } from './lease.ts';
import { messageId } from './names.ts';
import { untilStored } from './patience.ts';
import type { PendingEntry } from './pending-store.ts';
import type { UserTurn } from './turn.ts';
import { type TurnDeps, withTurn } from './turn-deps.ts';
import { dismissMessage, whileKept } from './while-kept.ts';

/**
 * First answers what was accepted before `turn`, perhaps by an instance that is no more, so that the order holds.
 * `entries`: what is kept of the conversation. Resolves with whether `turn` itself is still to be answered.
 */
export async function answerOlder(
  turn: UserTurn,
  entries: readonly PendingEntry[],
  { lease, stopping }: { readonly lease: Lease; readonly stopping: AbortSignal },
  deps: TurnDeps,
): Promise<boolean> {
  const own = entries.findIndex(({ name }) => name.endsWith(messageId(turn)));
  for (const entry of entries.slice(0, Math.max(0, own))) {
    const older = entry.isDone ? undefined : await toAnswer(entry, lease, deps);
    if (older !== undefined) await answerUnder(lease, older, stopping, withTurn(older, deps));
  }
  return turn.isInBand || (own >= 0 && entries[own]?.isDone === false);
}

/** A kept message that needs its turn; `undefined` for what is obeyed or refused beside the turns, gone, or given up. */
async function toAnswer(entry: PendingEntry, lease: Lease, deps: TurnDeps): Promise<UserTurn | undefined> {
  const { pending, clock, log, drained } = deps;
  const patience = { clock, log, signal: drained };
  const message = await untilStored(() => pending.read(entry), patience);
  if (message === undefined || !message.turn.isAllowed || commandOf(message.turn.text) !== undefined) return undefined;
  if (!lease.isAbandoned) return message.turn;
  if (message.tries >= MOST_TRIES) {
    await giveUp(message.turn, deps);
    return undefined;
  }
  return (await untilStored(() => pending.take(entry), patience)) ? message.turn : undefined;
}

async function answerUnder(lease: Lease, turn: UserTurn, stopping: AbortSignal, deps: TurnDeps): Promise<void> {
  const { clock, log, drained, later } = deps;
  log.info('answered in the place of the instance that accepted it');
  const way = { lease, respond: later(turn.reference), stopping, isTold: false };
  const completion = await whileKept(turn, way, deps);
  if (completion.error !== undefined) log.error({ err: completion.error }, 'reply not sent');
  await lease.save(completion.edit, { clock, log, signal: drained });
  await dismissMessage(turn, completion, deps);
}
