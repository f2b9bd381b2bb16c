import { messagesFor } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import { canOpenPage } from '../reply.ts';
import type { Services } from '../services.ts';
import { MAX_TEXT_CHARS, type RecordingLink, type UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-decision.ts';
import type { RefusedMessage } from './turn-result.ts';

/** Why a message is refused, whenever it comes; `undefined` for all others. */
export function validateMessage({
  text,
  attachments,
  approvalId,
  isAllowed,
  locale,
}: UserMessage): RefusedMessage | undefined {
  const messages = messagesFor(locale);
  if (!isAllowed) return { kind: 'refused', reason: 'notAllowed', text: messages.notAllowed };
  if (text === '' && attachments.length === 0 && approvalId === undefined)
    return { kind: 'refused', reason: 'textMissing', text: messages.textMissing };
  if (text.length > MAX_TEXT_CHARS)
    return {
      kind: 'refused',
      reason: 'textTooLong',
      text: messages.textTooLong(MAX_TEXT_CHARS.toLocaleString(messages.language)),
    };
  return undefined;
}

/** Counts a turn of a person, once for all of its attempts; refuses it where it is one too many. */
export function tooFast({ job, message }: Turn, { rate }: Services): RefusedMessage | undefined {
  // A decision is worth nothing if it is refused: no button brings it back.
  if (message.approvalId !== undefined) return undefined;
  if (job.isRetry || rate.admit(message.personKey)) return undefined;
  return { kind: 'refused', reason: 'tooFast', text: messagesFor(message.locale).limits.tooFast };
}

/** The turn may cost more than is left of a budget. */
export function overBudget(
  over: OverBudget,
  decided: TurnDecision | undefined,
  { locale }: UserMessage,
): RefusedMessage {
  const { limits, approval } = messagesFor(locale);
  const note = decided === undefined ? '' : approval.stillWaits(decided.approval.title);
  return { kind: 'refused', reason: over.budget, text: paragraphs(limits[over.budget], note), over };
}

/** Nothing of what was sent can be read. A user who has spoken in vain is shown where to speak. */
export async function unreadable(
  { warnings }: ReadAttachments,
  turn: Turn,
  services: Services,
): Promise<RefusedMessage> {
  const hasSpoken = turn.message.attachments.some(({ kind }) => kind === 'teamsVoiceClip');
  const recordingLink = hasSpoken ? await recordingLinkFor(turn, services) : undefined;
  return {
    kind: 'refused',
    reason: 'unreadable',
    text: paragraphs(...warnings),
    ...(recordingLink && { recordingLink }),
  };
}

/** `undefined` if its page cannot be reached, or it cannot be stored: the refusal does without it. */
async function recordingLinkFor(turn: Turn, { recordingLinks, channel }: Services): Promise<RecordingLink | undefined> {
  const { message } = turn;
  const hasPage = canOpenPage(channel.recordingAccess(message));
  return hasPage ? turn.orLog(recordingLinks.create(message), 'recording link not made') : undefined;
}
