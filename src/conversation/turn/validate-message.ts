import { messagesFor } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import { canOpenPage } from '../reply.ts';
import { MAX_TEXT_CHARS, type UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-decision.ts';
import { type RefusedMessage, refusal } from './turn-result.ts';

/** Why a message is refused, whenever it comes; `undefined` for all others. */
export function validateMessage(message: UserMessage): RefusedMessage | undefined {
  const { text, attachments, approvalId, isAllowed, locale } = message;
  const messages = messagesFor(locale);
  if (!isAllowed) return refusal('notAllowed', messages.notAllowed);
  if (text === '' && attachments.length === 0 && approvalId === undefined)
    return refusal('textMissing', messages.textMissing);
  const isTooLong = text.length > MAX_TEXT_CHARS;
  const limit = MAX_TEXT_CHARS.toLocaleString(messages.language);
  return isTooLong ? refusal('textTooLong', messages.textTooLong(limit)) : undefined;
}

/** Counts a turn of a person, once for all of its attempts; refuses it where it is one too many. */
export function tooFast({ job, message, services }: Turn): RefusedMessage | undefined {
  // A decision is worth nothing if it is refused: no button brings it back.
  if (message.approvalId !== undefined) return undefined;
  if (job.isRetry || services.rate.admit(message.personKey)) return undefined;
  return refusal('tooFast', messagesFor(message.locale).limits.tooFast);
}

/** The turn may cost more than is left of a budget. */
export function overBudget(
  over: OverBudget,
  decided: TurnDecision | undefined,
  { locale }: UserMessage,
): RefusedMessage {
  const { limits, approval } = messagesFor(locale);
  const note = decided === undefined ? '' : approval.stillWaits(decided.approval.title);
  return { ...refusal(over.budget, paragraphs(limits[over.budget], note)), over };
}

/** Nothing of what was sent can be read. A user who has spoken in vain is shown where to speak. */
export async function unreadable({ warnings }: ReadAttachments, turn: Turn): Promise<RefusedMessage> {
  const refused = refusal('unreadable', paragraphs(...warnings));
  const { message, services } = turn;
  const hasSpoken = message.attachments.some(({ kind }) => kind === 'teamsVoiceClip');
  if (!hasSpoken || !canOpenPage(services.channel.recordingAccess(message))) return refused;
  const recordingLink = await turn.orLog(services.recordingLinks.create(message), 'recording link not made');
  return recordingLink === undefined ? refused : { ...refused, reply: { ...refused.reply, recordingLink } };
}
