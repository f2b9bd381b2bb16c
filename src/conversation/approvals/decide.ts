import { type Messages, messagesFor } from '../../messages/messages.ts';
import type { Acceptance } from '../acceptance.ts';
import type { Command } from '../commands/commands.ts';
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
  | { readonly kind: 'notYours' };

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
  if (message.verifiedIds?.some((id) => approvers.includes(id))) return true;
  if (isVerified(asked)) return message.personKey === asked.personKey;
  // The channel verifies nobody, so the random id stands for its conversation. Agents Playground gives presses another
  // conversation id.
  return !isVerified(message) && message.channel === asked.channel && message.user.id === asked.user.id;
}

/** See `personKey`. */
function isVerified({ key, personKey }: Pick<UserMessage, 'key' | 'personKey'>): boolean {
  return personKey !== key;
}

/**
 * Returns the choice of a message that decides in words: `/allow` and `/deny` about the newest call that waits, and on
 * channels without cards "yes" and "no" to the question that came last. Rejects with a StoreError.
 */
export async function choiceInWords(
  message: UserMessage,
  command: Command | undefined,
  services: Pick<Services, 'approvals' | 'conversations' | 'channel' | 'toolApprovers'>,
): Promise<ApprovalPress | undefined> {
  const { approvals, conversations, channel, toolApprovers } = services;
  if (!message.isAllowed) return undefined;
  const choice = command === undefined ? wordOf(message) : commandChoice(command);
  if (choice === undefined || (command === undefined && channel.showsCards(message))) return undefined;
  const isApprover = message.verifiedIds?.some((id) => toolApprovers.includes(id)) ?? false;
  const waiting = await approvals.findWaiting(message.key, isApprover ? undefined : message.personKey);
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
 * Adds the turn that carries out a decision, whose answer begins with it. The queue recognises a turn that was added
 * before. `say` tells what became of a choice that adds none; `isShown`: the card shows it.
 */
export async function acceptDecided(
  decided: Decided,
  message: UserMessage,
  add: (turn: UserMessage) => Promise<AddedTurn>,
  say: () => Promise<void>,
  isShown: boolean,
): Promise<Acceptance> {
  const isOver = decided.kind !== 'decided' || decided.approval.turnId !== undefined;
  if (isOver) return { kind: 'accepted', done: say() };
  const { result, done } = await add(decisionMessage(decided.approval, decided.decision, message, isShown));
  switch (result) {
    case 'queued':
      return { kind: 'accepted', done };
    case 'duplicate':
      return decided.isNew ? { kind: 'duplicate' } : { kind: 'accepted', done: say() };
    case 'busy':
    case 'queueFull':
      // The decision is stored. Pressed again, the button adds its turn.
      return { kind: 'full' };
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
  const { approval: texts } = messages;
  switch (decided.kind) {
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
