import { includesAnyId } from '../../config/listed-ids.ts';
import { messagesFor } from '../../messages/messages.ts';
import type { Command } from '../commands/commands.ts';
import { isSameOrSiblingThread } from '../keys.ts';
import type { Services } from '../services.ts';
import { personOf, speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { Approval, Decision, DecisionKind } from './approval.ts';

/** A decision that somebody wants to make. Clients send it, so the id may be anybody's. */
export interface DecisionRequest {
  readonly approvalId: string;
  readonly kind: DecisionKind;
  /** Whether the response to the client shows the result, so that it is not said in the chat. Default: false. */
  readonly isShown?: boolean;
}

/** An approval that is decided. */
export interface DecidedApproval {
  readonly kind: 'decided';
  readonly approval: Approval;
  readonly decision: Decision;
  /** Whether the activity of this message made the decision, now or when it was delivered before. */
  readonly isByThisActivity: boolean;
  /** Whether this delivery of the activity made it. */
  readonly isMadeNow: boolean;
}

/** What became of a decision request. */
export type DecisionResult = DecidedApproval | { readonly kind: Undecided };

/**
 * Why nothing was decided. `gone`: the approval is unknown or expired, or its conversation was reset. `queueFull`: too
 * many messages wait in the conversation; `busy`: over all conversations. `takenBack`: the activity decided before, and
 * its decision was taken back, such as by `/stop`.
 */
type Undecided = 'gone' | 'notYours' | 'queueFull' | 'busy' | 'takenBack';

/** Decides about a call for the user who sent the message. Rejects with a StoreError. */
export async function recordDecision(
  { approvalId, kind }: DecisionRequest,
  message: UserMessage,
  { approvalStore, toolApprovers }: Services,
): Promise<DecisionResult> {
  const found = await approvalStore.find(approvalId);
  if (found === undefined) return { kind: 'gone' };
  if (!mayDecide(message, found, toolApprovers)) return { kind: 'notYours' };
  const { activityId, personKey: decider } = message;
  const wanted = { kind, decider, deciderName: speakerName(message), activityId };
  const { approval, isMadeNow = false } = (await approvalStore.decide(approvalId, wanted)) ?? {};
  if (approval?.decision === undefined) return { kind: 'gone' };
  const { decision } = approval;
  return { kind: 'decided', approval, decision, isByThisActivity: decision.activityId === activityId, isMadeNow };
}

/** Only the person who asked may decide, or somebody whom the operator has named. */
function mayDecide(message: UserMessage, { asked }: Approval, approvers: readonly string[]): boolean {
  if (personOf(asked).isVerified || personOf(message).isVerified) {
    // Where a channel verifies people, a button counts in its own conversation only.
    const isInConversation = isSameOrSiblingThread(message.key, asked.key);
    return isInConversation && (message.personKey === asked.personKey || isApprover(message, approvers));
  }
  // The channel verifies nobody, so knowing the random id is the proof. Agents Playground gives presses of buttons
  // another conversation id.
  return message.channel === asked.channel && message.user.id === asked.user.id;
}

/** Whether the operator has named the person. */
function isApprover({ verifiedIds = [] }: UserMessage, approvers: readonly string[]): boolean {
  return includesAnyId(approvers, verifiedIds);
}

/** The longest "yes" or "no", with its punctuation. */
const MAX_WORD_CHARS = 20;

/** Reads the decision in a message: `/allow`, `/deny`, and "yes" or "no" where there are no cards. */
export function decisionInWords(
  message: UserMessage,
  command: Command | undefined,
  { channel }: Services,
): DecisionKind | undefined {
  if (!message.isAllowed) return undefined;
  if (command !== undefined) return decisionOfCommand(command);
  return channel.showsCards(message) ? undefined : decisionOfWord(message);
}

function decisionOfCommand(command: Command): DecisionKind | undefined {
  if (command.name === 'deny' && command.argument === '') return 'deny';
  if (command.name !== 'allow') return undefined;
  const argument = command.argument.toLowerCase();
  // "/allow no" allows nothing.
  return argument === '' ? 'allow' : argument === 'always' ? 'allowAlways' : undefined;
}

function decisionOfWord({ text, locale, attachments }: UserMessage): DecisionKind | undefined {
  if (attachments.length > 0 || text.length > MAX_WORD_CHARS) return undefined;
  const word = text.replace(/[\s.!,]+$/, '');
  const languages = [messagesFor(locale).approval, messagesFor('en').approval];
  if (languages.some(({ yes }) => yes.test(word))) return 'allow';
  return languages.some(({ no }) => no.test(word)) ? 'deny' : undefined;
}

/**
 * Returns the id of the approval that a decision in words is about: the newest that waits, or the one that this message
 * has decided already, if it is delivered again. For "yes" and "no", only if its question came last. Rejects with a
 * StoreError.
 */
export async function approvalMeantBy(
  message: UserMessage,
  command: Command | undefined,
  { approvalStore, conversationStore, toolApprovers }: Services,
): Promise<string | undefined> {
  const person = isApprover(message, toolApprovers) ? undefined : message.personKey;
  const meant = await approvalStore.findMeant(message.key, person, message.activityId);
  if (meant === undefined || command !== undefined) return meant?.id;
  // A "yes" hours later may answer something else.
  const { history } = await conversationStore.read(message.key);
  const last = history.at(-1);
  // Without a history it is not known what came last.
  return last === undefined || last.activityId === meant.asked.activityId ? meant.id : undefined;
}
