import { messageId } from './keys.ts';
import type { Lease } from './lease.ts';
import type { PendingEntry, PendingMessage } from './pending-store.ts';
import { untilStored } from './retry.ts';
import { type TurnDeps, withTurn } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';
import { needsTurn } from './validate-message.ts';
import { dismissMessage, whileKept } from './while-kept.ts';

/**
 * First answers what was accepted before `turn`, perhaps by an instance that is no more, so that the order holds.
 * `entries`: what is kept of the conversation. Resolves with whether `turn` itself is still to be answered.
 */
export async function answerOlder(
  turn: UserMessage,
  entries: readonly PendingEntry[],
  { lease, stopping }: { readonly lease: Lease; readonly stopping: AbortSignal },
  deps: TurnDeps,
): Promise<boolean> {
  const own = entries.findIndex(({ name }) => name.endsWith(messageId(turn)));
  let hasAnswered = false;
  for (const entry of entries.slice(0, Math.max(0, own))) {
    const older = entry.isDone ? undefined : await toAnswer(entry, deps);
    if (older === undefined) continue;
    const olderDeps = withTurn(older.turn, { ...deps, log: deps.processLog });
    olderDeps.watch.begin(older.acceptedAtMs);
    olderDeps.watch.ended('left');
    await answerUnder(lease, older.turn, stopping, olderDeps).finally(() => olderDeps.watch.end());
    hasAnswered = true;
  }
  if (hasAnswered) {
    const { pending, clock, log, drained } = deps;
    await lease.begin(messageId(turn), { clock, log, signal: drained });
    return turn.isInBand || untilStored(() => pending.has(turn), { clock, log, signal: drained });
  }
  return turn.isInBand || (own >= 0 && entries[own]?.isDone === false);
}

/** A kept message that needs its turn; `undefined` for what is done beside the turns, or here, or is gone. */
async function toAnswer(entry: PendingEntry, deps: TurnDeps): Promise<PendingMessage | undefined> {
  const { pending, clock, log, drained, isHere } = deps;
  const message = await untilStored(() => pending.read(entry), { clock, log, signal: drained });
  if (message === undefined || !needsTurn(message.turn) || isHere(message.turn)) return undefined;
  return message;
}

async function answerUnder(lease: Lease, turn: UserMessage, stopping: AbortSignal, deps: TurnDeps): Promise<void> {
  const { clock, log, drained, later, telemetry } = deps;
  await lease.begin(messageId(turn), { clock, log, signal: drained });
  telemetry.takenOver();
  log.info('answered in the place of the instance that accepted it');
  const way = { lease, respond: later(turn.reference), stopping, isTold: false };
  const completion = await whileKept(turn, way, deps);
  if (completion.error !== undefined) log.error({ err: completion.error }, 'reply not sent');
  await lease.save(completion.edit, { clock, log, signal: drained });
  await dismissMessage(turn, completion, deps);
}
