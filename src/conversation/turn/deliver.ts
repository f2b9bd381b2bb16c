import { SendError, TurnError } from '../../errors.ts';
import { apology, wordingFor } from '../../messages/messages.ts';
import type { UnsentReply } from '../records.ts';
import type { Reply, ReplyAudio, ReplySink } from '../reply.ts';
import type { Services } from '../services.ts';
import type { TurnContext } from './turn-context.ts';
import type { Refused, TurnResult } from './turn-result.ts';

/**
 * Sends a reply that is saved and ends what is reserved for it, then completes the turn. A send whose fate is unknown is
 * never repeated: the turn is complete whatever became of it.
 */
export async function deliver<Result extends TurnResult>(
  { reply, costUsd }: { readonly reply: Reply; readonly costUsd: number },
  result: Result,
  sink: ReplySink,
  turn: TurnContext,
  services: Services,
): Promise<Result | TurnResult> {
  const settling = settle(costUsd, turn, services);
  const unsent = await send(reply, sink, turn);
  turn.noteReplied();
  // Of a turn that is complete nobody would end the reservation after a crash.
  await settling;
  await completeOrLog(turn, true);
  return unsent === undefined ? result : { ...unsent, ...('model' in result ? { model: result.model } : {}) };
}

/** Completes the turn, then says why it was refused: a refusal that is lost is better than one that comes twice. */
export async function refuse({ reason, ...words }: Refused, sink: ReplySink, turn: TurnContext): Promise<TurnResult> {
  const isOurs = await turn.stored(() => turn.job.complete());
  if (!isOurs) return { kind: 'superseded' };
  return (await send({ ...words, audio: undefined }, sink, turn)) ?? { kind: 'refused', reason };
}

/** Sends a saved reply again: an earlier attempt ended before it could say whether it was sent. */
export async function resend(
  unsent: UnsentReply,
  sink: ReplySink,
  turn: TurnContext,
  services: Services,
): Promise<TurnResult> {
  const { log } = turn;
  log.warn('reply sent again: an earlier attempt ended while it was sent');
  const audio = await storedAudio(unsent, services.audioStore).catch((err: unknown) => {
    log.warn({ err }, 'reply audio not read');
    return undefined;
  });
  const reply = { ...unsent.reply, audio };
  return deliver({ reply, costUsd: unsent.costUsd ?? 0 }, { kind: 'resent' }, sink, turn, services);
}

/** Gives up a message whose turn has ended its process too often, so that its conversation goes on. */
export async function deadLetter(turn: TurnContext): Promise<TurnResult> {
  const isOurs = await turn.stored(() => turn.job.deadLetter());
  if (!isOurs) return { kind: 'superseded' };
  return (await apologize(turn)) ?? { kind: 'deadLettered' };
}

/** Ends a turn that broke, or that was ended from outside before it had a reply. */
export async function abandon(error: unknown, turn: TurnContext, services: Services): Promise<TurnResult> {
  const { job } = turn;
  const code = error instanceof TurnError ? error.code : undefined;
  if (code === 'claim_lost') return { kind: 'superseded' };
  await settle(0, turn, services);
  if (code === 'shutting_down' && job.isTransferable) return { kind: 'released' };
  await completeOrLog(turn);
  if (code === 'cancelled') return { kind: 'cancelled' };
  return (await apologize(turn)) ?? { kind: 'broken', error };
}

/** Gives the turn back to the queue: nothing was said, and another attempt follows. */
export async function release({ job, log }: TurnContext): Promise<void> {
  // Where that fails, the claim ends by itself after a while.
  await job.release().catch((err: unknown) => log.warn({ err }, 'turn not released'));
}

/** Ends what is reserved for the turn. What fails is in the log: the reservation then counts as spent. */
export async function settle(costUsd: number, turn: TurnContext, { spending }: Services): Promise<void> {
  const { job, log } = turn;
  const settling = turn.storedAtEnd(() => spending.settle(job.id, costUsd));
  await settling.catch((err: unknown) => log.warn({ err }, 'cost of the turn not stored'));
}

type Unsent = Extract<TurnResult, { kind: 'unsent' | 'gone' }>;

/** Resolves with what went wrong, if anything. */
async function send(reply: Reply, sink: ReplySink, turn: TurnContext): Promise<Unsent | undefined> {
  turn.beginReply();
  try {
    await turn.telemetry.step('send', () => sink.send(reply));
    return undefined;
  } catch (error) {
    const isGone = error instanceof SendError && error.code === 'conversation_gone';
    return { kind: isGone ? 'gone' : 'unsent', error };
  }
}

async function apologize(turn: TurnContext): Promise<Unsent | undefined> {
  const text = apology('internal', turn.incident, wordingFor(turn.message.locale));
  try {
    return await turn.open(undefined, (sink) => send({ text, audio: undefined }, sink, turn));
  } catch (error) {
    return { kind: 'unsent', error };
  }
}

/** The reply is out, or will not come: what fails here is in the log. */
async function completeOrLog(turn: TurnContext, isDelivered = false): Promise<void> {
  const { job, log } = turn;
  try {
    await turn.storedAtEnd(() => job.complete(isDelivered));
  } catch (err) {
    log.warn({ err }, 'end of the turn not stored');
  }
}

async function storedAudio(
  { audioId }: UnsentReply,
  audioStore: Services['audioStore'],
): Promise<ReplyAudio | undefined> {
  const stored = audioId === undefined ? undefined : await audioStore.find(audioId);
  const wav = stored && (await audioStore.read(stored.id));
  return wav && { stored, wav, durationMs: stored.durationMs };
}
