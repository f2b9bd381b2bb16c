import type { Messages } from '../../messages/messages.ts';
import type { Acceptance } from '../acceptance.ts';
import type { AddedTurn } from '../queue/turn-queue.ts';
import type { UserMessage } from '../user-message.ts';
import type { Approval, ApprovalDecision } from './approval.ts';
import { type ApprovalPress, type Decided, type DecideServices, decide } from './decide.ts';

/** The acceptance of a message that decides, and what became of its choice. */
export interface AcceptedDecision {
  readonly accepted: Acceptance;
  readonly decided: Decided;
}

/**
 * Decides, and adds the turn that carries out the decision. The answer of that turn begins with the decision, unless
 * `isShown`: the card shows it. `say` tells the sender what became of a choice that adds no turn.
 */
export async function acceptDecision(
  press: ApprovalPress,
  message: UserMessage,
  isShown: boolean,
  add: (turn: UserMessage) => Promise<AddedTurn>,
  say: (decided: Decided) => Promise<Acceptance>,
  services: DecideServices,
): Promise<AcceptedDecision> {
  const { approvals } = services;
  const decided = await decide(press, message, services);
  if (decided.kind !== 'decided') return { accepted: await say(decided), decided };
  const { approval, decision, isNew } = decided;
  // An activity that is delivered again finds the decision that it has made.
  const accepted = async (): Promise<Acceptance> => (isNew ? { kind: 'duplicate' } : say(decided));
  if (approval.turnId !== undefined) return { accepted: await accepted(), decided };
  const { result, done } = await add(decisionMessage(approval, decision, message, isShown));
  switch (result) {
    case 'queued':
      return { accepted: { kind: 'accepted', done }, decided };
    case 'duplicate':
      return { accepted: await accepted(), decided };
    case 'busy':
      await approvals.reopen(approval.id);
      return { accepted: { kind: 'busy' }, decided };
    case 'queueFull': {
      await approvals.reopen(approval.id);
      const full = { kind: 'queueFull' } as const;
      return { accepted: await say(full), decided: full };
    }
  }
}

/** The message of the turn that carries out a decision, in the conversation in which the call was asked for. */
function decisionMessage(
  approval: Approval,
  decision: ApprovalDecision,
  message: UserMessage,
  isShown: boolean,
): UserMessage {
  const { asked, id: approvalId } = approval;
  const isThere = message.key === asked.key;
  return {
    ...asked,
    activityId: decision.activityId,
    approvalId,
    // In groups, others may still see the card as it was.
    isDecisionShown: isShown && asked.scope === 'personal',
    text: '',
    attachments: [],
    isInBand: isThere && message.isInBand,
    reference: isThere ? message.reference : asked.reference,
  };
}

/** Says what became of a choice, to the person who made it. */
export function decidedText(decided: Decided, messages: Messages): string {
  const { approval: texts, queueFull } = messages;
  switch (decided.kind) {
    case 'queueFull':
      return queueFull;
    case 'gone':
      return texts.gone;
    case 'notYours':
      return texts.notYours;
    case 'decided': {
      const { approval, decision, isNew } = decided;
      const line = decisionLine(approval, decision, messages);
      return isNew ? line : `${texts.decidedBefore} ${line}`;
    }
  }
}

/** Says how a call was decided, and by whom where others see it. */
export function decisionLine(
  { title, isAlwaysOffered }: Pick<Approval, 'title' | 'isAlwaysOffered'>,
  { choice, deciderName }: ApprovalDecision,
  { approval: texts }: Messages,
): string {
  switch (choice) {
    case 'deny':
      return texts.denied(title, deciderName);
    case 'once':
      return texts.allowed(title, deciderName);
    case 'always':
      return (isAlwaysOffered ? texts.alwaysAllowed : texts.allowed)(title, deciderName);
  }
}
