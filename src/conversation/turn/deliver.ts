import { SendError, TurnError, type TurnErrorCode } from '../../errors.ts';
import { apology } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import { activityDigest } from '../keys.ts';
import type { ConversationRecord, PendingReply } from '../records.ts';
import type { Reply, ReplyAudio } from '../reply.ts';
import type { Services } from '../services.ts';
import type { Turn } from './turn.ts';
import { storeApprovals } from './turn-approvals.ts';
import type { RefusedMessage, TurnResult } from './turn-result.ts';

/**
 * Sends a saved reply and ends its reservation, then completes the turn, whatever became of the send. Within one
 * attempt a send is never repeated. If the process dies before `complete`, the next attempt resends (`resend`).
 */
export async function deliver(reply: Reply, result: TurnResult, turn: Turn): Promise<TurnResult> {
  const ending = endReservation(turn);
  await turn.orLog(storeApprovals(reply.approvals ?? [], turn), 'approvals not stored');
  const failure = await send(reply, turn);
  // Before completing: a completed turn is never retried, so nobody else would end the reservation.
  await ending;
  await turn.orLog(turn.complete({ isDelivered: true }), 'end of the turn not stored');
  return failure ?? result;
}

/** Completes the turn, then says why it was refused: a refusal that is lost is better than one that comes twice. */
export async function refuse({ reply, ...result }: RefusedMessage, turn: Turn): Promise<TurnResult> {
  await reopenApproval(turn);
  if (!(await turn.complete())) return { kind: 'superseded' };
  return (await send(reply, turn)) ?? result;
}

/** Sends a saved reply again: an earlier attempt ended before it could say whether it was sent. */
export async function resend(pending: PendingReply, streamId: string | undefined, turn: Turn): Promise<TurnResult> {
  turn.log.warn('reply sent again: an earlier attempt ended while it was sent');
  const audio = await turn.orLog(storedAudio(pending, turn.services), 'reply audio not read');
  turn.costUsd = pending.costUsd;
  // The text that was shown stays, but is not known any more. A reply that adds to it goes in a message of its own.
  await turn.sender(pending.reply.addsToShown ? undefined : streamId);
  return deliver({ ...pending.reply, audio }, { kind: 'resent' }, turn);
}

/**
 * Ends a turn whose message was answered before, or withdrawn before it began. The reservation of an earlier attempt
 * stays until it expires.
 */
export async function endAnswered(turn: Turn): Promise<TurnResult> {
  await reopenApproval(turn);
  return { kind: (await turn.complete()) ? 'answeredBefore' : 'superseded' };
}

/**
 * Gives up a message whose turn has crashed the process too often, so that its conversation goes on. The cost is known
 * if an attempt has saved a reply; otherwise the reservations stay until they expire.
 */
export async function deadLetter({ unsent }: ConversationRecord, turn: Turn): Promise<TurnResult> {
  if (unsent?.messageId === activityDigest(turn.message)) turn.costUsd = unsent.costUsd;
  await endReservation(turn);
  const isOurs = await turn.retryStoreEvenIfAborted(() => turn.job.deadLetter());
  if (!isOurs) return { kind: 'superseded' };
  return (await apologize('internal', turn)) ?? { kind: 'deadLettered' };
}

/** Ends a turn that broke, or that was ended from outside, before it had a reply. Never rejects. */
export async function endEarly(error: unknown, turn: Turn): Promise<TurnResult> {
  const code = error instanceof TurnError ? error.code : 'internal';
  // The reservation belongs to the other attempt now.
  if (code === 'claim_lost') return { kind: 'superseded' };
  await endReservation(turn);
  if (code === 'shutting_down' && turn.job.isTransferable) return { kind: 'released' };
  await reopenApproval(turn);
  // A failure is logged; go on as the owner, since no other attempt will tell the user.
  const isOurs = (await turn.orLog(turn.complete(), 'end of the turn not stored')) ?? true;
  if (!isOurs) return { kind: 'superseded' };
  if (code !== 'cancelled') return (await apologize(code, turn)) ?? { kind: 'failed', error };
  // Only a stream that has begun needs an end.
  const failure = turn.isOpen ? await send({ text: '' }, turn) : undefined;
  return failure ?? { kind: 'cancelled' };
}

/**
 * Deletes the reply's stored audio: the conversation was reset or forgotten during the turn. Returns the text alone,
 * which says that nobody waits for the approvals that it asks for.
 */
export async function discardStored({ text, ...reply }: Reply, turn: Turn): Promise<Reply> {
  const { audioStore } = turn.services;
  const id = reply.audio?.stored?.id;
  if (id !== undefined) {
    const removing = turn.retryStoreBriefly(() => audioStore.remove(id));
    await turn.orLog(removing, 'reply audio not removed');
  }
  const gone = reply.approvals === undefined ? '' : turn.messages.approval.gone;
  return { ...reply, text: paragraphs(text, gone), audio: undefined, approvals: undefined };
}

/** Takes the decision of the message back if the turn ends before its call began: it can be decided again. */
export async function reopenApproval(turn: Turn): Promise<void> {
  const { approvalId } = turn.message;
  if (approvalId !== undefined)
    await turn.orLog(turn.services.approvalStore.reopen(approvalId), 'approval not reopened');
}

/** Settles the reservation of this attempt. If that fails, the reservation stays until it expires. Never rejects. */
async function endReservation(turn: Turn): Promise<void> {
  const { job, costUsd, services } = turn;
  if (costUsd === undefined) return;
  const settling = turn.retryStoreEvenIfAborted(() => services.spending.settle(job.id, costUsd));
  await turn.orLog(settling, 'cost of the turn not stored');
}

type SendFailure = Extract<TurnResult, { kind: 'unsent' | 'gone' }>;

/** Resolves with what went wrong, if anything. */
async function send(reply: Reply, turn: Turn): Promise<SendFailure | undefined> {
  turn.cancelOutageNotice();
  try {
    const sender = await turn.sender();
    await turn.telemetry.step('send', () => sender.send(reply));
    return undefined;
  } catch (error) {
    const isGone = error instanceof SendError && error.code === 'conversation_gone';
    return { kind: isGone ? 'gone' : 'unsent', error };
  }
}

function apologize(code: TurnErrorCode, turn: Turn): Promise<SendFailure | undefined> {
  const text = apology(code, turn.incident, turn.messages);
  return send({ text, addsToShown: true }, turn);
}

async function storedAudio({ audioId }: PendingReply, { audioStore }: Services): Promise<ReplyAudio | undefined> {
  const stored = audioId === undefined ? undefined : await audioStore.find(audioId);
  const wav = stored && (await audioStore.read(stored.id));
  return wav && { stored, wav, durationMs: stored.durationMs };
}
