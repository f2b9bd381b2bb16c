import { type Messages, messagesFor } from '../../messages/messages.ts';
import type { Acceptance } from '../acceptance.ts';
import type { Command } from '../commands/commands.ts';
import { isSameConversation } from '../keys.ts';
import type { AddedTurn } from '../queue/turn-queue.ts';
import type { Services } from '../services.ts';
import { speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { Approval, ApprovalChoice, ApprovalDecision } from './approval.ts';

/** A choice about one approval. Clients send it, so the id may be anybody's. */
export interface ApprovalPress {
  readonly id: string;
  readonly choice: ApprovalChoice;
}

/** What became of a choice. */
export type Decided =
  /** `isNew`: this message has decided; otherwise an earlier one has. */
  | {
      readonly kind: 'decided';
      readonly approval: Approval;
      readonly decision: ApprovalDecision;
      readonly isNew: boolean;
    }
  /** The approval is unknown or expired, or its conversation was reset. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'notYours' }
  /** Too many messages wait in the conversation, so that nothing was decided. */
  | { readonly kind: 'queueFull' };

type DecideServices = Pick<Services, 'approvals' | 'toolApprovers'>;

/** Decides about a call for the sender of the message. Rejects with a StoreError. */
export async function decide(
  { id, choice }: ApprovalPress,
  message: UserMessage,
  { approvals, toolApprovers }: DecideServices,
): Promise<Decided> {
  const found = await approvals.find(id);
  if (found === undefined) return { kind: 'gone' };
  if (!mayDecide(message, found, toolApprovers)) return { kind: 'notYours' };
  const { activityId, personKey } = message;
  const decision = { choice, decider: personKey, deciderName: speakerName(message), activityId };
  const approval = await approvals.decide(id, decision);
  if (approval?.decision === undefined) return { kind: 'gone' };
  return {
    kind: 'decided',
    approval,
    decision: approval.decision,
    isNew: approval.decision.activityId === activityId,
  };
}

/** Only the person who asked may decide, or somebody whom the operator has named. */
function mayDecide(message: UserMessage, { asked }: Approval, approvers: readonly string[]): boolean {
  if (isVerified(asked) || isVerified(message)) {
    // Where a channel verifies people, a button counts in its own conversation only.
    const isThere = isSameConversation(message.key, asked.key);
    return isThere && (message.personKey === asked.personKey || isApprover(message, approvers));
  }
  // The channel verifies nobody, so the random id stands for its conversation. Agents Playground gives presses another
  // conversation id.
  return message.channel === asked.channel && message.user.id === asked.user.id;
}

/** Whether the operator has named the person. Ids of Entra ID are compared as in `ALLOWED_USERS`. */
function isApprover({ verifiedIds = [] }: UserMessage, approvers: readonly string[]): boolean {
  return verifiedIds.some((id) => approvers.some((each) => each.toLowerCase() === id.toLowerCase()));
}

/** See `personKey`. */
function isVerified({ key, personKey }: Pick<UserMessage, 'key' | 'personKey'>): boolean {
  return personKey !== key;
}

/** Returns the choice of a message that may decide in words: `/allow`, `/deny`, and "yes" or "no" where there are no cards. */
export function choiceInWords(
  message: UserMessage,
  command: Command | undefined,
  { channel }: Pick<Services, 'channel'>,
): ApprovalChoice | undefined {
  if (!message.isAllowed) return undefined;
  if (command !== undefined) return commandChoice(command);
  return channel.showsCards(message) ? undefined : wordOf(message);
}

/**
 * Returns the approval that a choice in words is about: the newest that waits; for "yes" and "no", only if its question came
 * last. Rejects with a StoreError.
 */
export async function waitingPress(
  choice: ApprovalChoice,
  message: UserMessage,
  command: Command | undefined,
  { approvals, conversations, toolApprovers }: Pick<Services, 'approvals' | 'conversations' | 'toolApprovers'>,
): Promise<ApprovalPress | undefined> {
  const person = isApprover(message, toolApprovers) ? undefined : message.personKey;
  const waiting = await approvals.findWaiting(message.key, person);
  if (waiting === undefined) return undefined;
  if (command === undefined) {
    // A "yes" hours later may answer something else.
    const { history } = await conversations.read(message.key);
    if (history.at(-1)?.activityId !== waiting.asked.activityId) return undefined;
  }
  return { id: waiting.id, choice };
}

function commandChoice(command: Command): ApprovalChoice | undefined {
  if (command.name === 'deny') return 'deny';
  if (command.name === 'allow') return command.argument.toLowerCase() === 'always' ? 'always' : 'once';
  return undefined;
}

function wordOf({ text, locale, attachments }: UserMessage): ApprovalChoice | undefined {
  const word = text.replace(/[\s.!,]+$/, '');
  if (attachments.length > 0) return undefined;
  const languages = [messagesFor(locale).approval, messagesFor('en').approval];
  if (languages.some(({ yes }) => yes.test(word))) return 'once';
  return languages.some(({ no }) => no.test(word)) ? 'deny' : undefined;
}

/**
 * Adds the turn that carries out a decision, whose answer begins with it. `say` tells the sender what became of a choice
 * that adds none; `isMarked`: the activity is known as answered from then on, since there is no turn by which the queue
 * knows it. `isShown`: the card shows the decision.
 */
export async function acceptDecided(
  decided: Decided,
  message: UserMessage,
  add: (turn: UserMessage) => Promise<AddedTurn>,
  say: (decided: Decided, isMarked: boolean) => Promise<Acceptance>,
  isShown: boolean,
  { approvals }: Pick<Services, 'approvals'>,
): Promise<{ readonly accepted: Acceptance; readonly decided: Decided }> {
  if (decided.kind !== 'decided') return { accepted: await say(decided, true), decided };
  const { approval, decision, isNew } = decided;
  // An activity that is delivered again finds the decision that it has made.
  const accepted = async (): Promise<Acceptance> => (isNew ? { kind: 'duplicate' } : say(decided, true));
  if (approval.turnId !== undefined) return { accepted: await accepted(), decided };
  const { result, done } = await add(decisionMessage(approval, decision, message, isShown));
  switch (result) {
    case 'queued':
      return { accepted: { kind: 'accepted', done }, decided };
    case 'duplicate':
      return { accepted: await accepted(), decided };
    case 'busy':
      await approvals.reopen(approval.id);
      return { accepted: { kind: 'full' }, decided };
    case 'queueFull': {
      await approvals.reopen(approval.id);
      const full = { kind: 'queueFull' } as const;
      return { accepted: await say(full, false), decided: full };
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
