import type { Messages } from '../../messages/messages.ts';
import type { Acceptance } from '../acceptance.ts';
import type { AddedTurn } from '../queue/turn-queue.ts';
import type { Services } from '../services.ts';
import type { UserMessage } from '../user-message.ts';
import type { Approval, Decision } from './approval.ts';
import { type DecidedApproval, type DecisionRequest, type DecisionResult, recordDecision } from './decide.ts';

/** The acceptance of a message that decides, and what became of its decision. */
export type AcceptedDecision = Acceptance & { readonly result: DecisionResult };

/**
 * Records the decision and adds the turn that carries it out. `say` tells the user the result if no turn was added.
 * Rejects with a StoreError, and with the reason of `signal` if it is too late to add a turn.
 */
export async function acceptDecision(
  request: DecisionRequest,
  message: UserMessage,
  add: (turn: UserMessage) => Promise<AddedTurn>,
  say: (result: DecisionResult) => Promise<Acceptance>,
  signal: AbortSignal,
  services: Services,
): Promise<AcceptedDecision> {
  const result = await recordDecision(request, message, services);
  if (result.kind !== 'decided') return { ...(await say(result)), result };
  const { approval, isByThisActivity, isMadeNow } = result;
  const alreadyDecided = async (): Promise<AcceptedDecision> =>
    isByThisActivity ? { kind: 'duplicate', result } : { ...(await say(result)), result };
  if (approval.turnId !== undefined) return alreadyDecided();
  // A turn is named after the activity that decided. A later press adds that turn, too: the first may have failed to.
  const turn = decisionMessage(result, request, message);
  const { approvalStore, queue } = services;
  if (signal.aborted) {
    // The activity is refused, so nobody may carry out its decision. Another delivery may have added the turn
    // meanwhile.
    if (isMadeNow && !(await queue.hasTurn(turn))) await approvalStore.reopen(approval.id);
    throw signal.reason;
  }
  const { result: added, done } = await add(turn);
  switch (added) {
    case 'queued':
      return { kind: 'accepted', done, result };
    case 'duplicate':
      // Another delivery of this activity may have added the turn meanwhile.
      if (!isMadeNow || (await queue.hasTurn(turn))) return alreadyDecided();
      // The activity decided before, its decision was taken back, and its turn has ended. The queue knows the activity,
      // so no turn would carry out the new decision.
      await approvalStore.reopen(approval.id);
      return { kind: 'duplicate', result: { kind: 'takenBack' } };
    case 'queueFull':
      await approvalStore.reopen(approval.id);
      return { ...(await say({ kind: added })), result: { kind: added } };
    case 'busy':
      await approvalStore.reopen(approval.id);
      return { kind: added, result: { kind: added } };
  }
}

/** The message of the turn that carries out a decision, in the conversation in which the call was asked for. */
function decisionMessage(
  { approval: { asked, id: approvalId }, decision: { activityId } }: DecidedApproval,
  { isShown = false }: DecisionRequest,
  message: UserMessage,
): UserMessage {
  const isInConversation = message.key === asked.key;
  return {
    ...asked,
    activityId,
    approvalId,
    // In groups, others may still see the card as it was.
    isDecisionShown: isShown && asked.scope === 'personal',
    text: '',
    attachments: [],
    expectsReplies: isInConversation && message.expectsReplies,
    reference: isInConversation ? message.reference : asked.reference,
  };
}

/** Says what became of a decision, to the person who made it. */
export function decisionResultText(result: DecisionResult, messages: Messages): string {
  const { approval, apologies, queueFull } = messages;
  const { gone, notYours, takenBack, decidedBefore } = approval;
  if (result.kind !== 'decided') {
    const texts = { gone, notYours, queueFull, busy: apologies.crowded, takenBack };
    return texts[result.kind];
  }
  const line = decisionLine(result.approval, result.decision, messages);
  return result.isByThisActivity ? line : `${decidedBefore} ${line}`;
}

/** Says how a call was decided, and by whom where others see it. */
export function decisionLine(
  { title, isAlwaysOffered }: Pick<Approval, 'title' | 'isAlwaysOffered'>,
  { kind, deciderName }: Decision,
  { approval: texts }: Messages,
): string {
  switch (kind) {
    case 'deny':
      return texts.denied(title, deciderName);
    case 'allow':
      return texts.allowed(title, deciderName);
    case 'allowAlways':
      return (isAlwaysOffered ? texts.alwaysAllowed : texts.allowedOnce)(title, deciderName);
  }
}
