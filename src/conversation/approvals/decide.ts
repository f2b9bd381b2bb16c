import { messagesFor } from '../../messages/messages.ts';
import type { Command } from '../commands/commands.ts';
import { isSameConversation } from '../keys.ts';
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

export type DecideServices = Pick<Services, 'approvals' | 'toolApprovers'>;

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
 * Returns the approval that a choice in words is about: the newest that waits, or the one that this message has decided
 * already, if it is delivered again. For "yes" and "no", only if its question came last. Rejects with a StoreError.
 */
export async function waitingPress(
  choice: ApprovalChoice,
  message: UserMessage,
  command: Command | undefined,
  { approvals, conversations, toolApprovers }: Pick<Services, 'approvals' | 'conversations' | 'toolApprovers'>,
): Promise<ApprovalPress | undefined> {
  const person = isApprover(message, toolApprovers) ? undefined : message.personKey;
  const waiting = await approvals.findWaiting(message.key, person, message.activityId);
  if (waiting === undefined) return undefined;
  if (command === undefined) {
    // A "yes" hours later may answer something else.
    const { history } = await conversations.read(message.key);
    const last = history.at(-1);
    // Without a history it is not known what came last.
    if (last !== undefined && last.activityId !== waiting.asked.activityId) return undefined;
  }
  return { id: waiting.id, choice };
}

/** The longest "yes" or "no", with its punctuation. */
const MAX_WORD_CHARS = 20;

function commandChoice(command: Command): ApprovalChoice | undefined {
  if (command.name === 'deny' && command.argument === '') return 'deny';
  if (command.name !== 'allow') return undefined;
  const argument = command.argument.toLowerCase();
  // "/allow no" allows nothing.
  return argument === '' ? 'once' : argument === 'always' ? 'always' : undefined;
}

function wordOf({ text, locale, attachments }: UserMessage): ApprovalChoice | undefined {
  if (attachments.length > 0 || text.length > MAX_WORD_CHARS) return undefined;
  const word = text.replace(/[\s.!,]+$/, '');
  const languages = [messagesFor(locale).approval, messagesFor('en').approval];
  if (languages.some(({ yes }) => yes.test(word))) return 'once';
  return languages.some(({ no }) => no.test(word)) ? 'deny' : undefined;
}
