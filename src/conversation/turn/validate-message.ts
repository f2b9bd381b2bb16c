import { paragraphs } from '../../paragraphs.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import { canOpenPage } from '../reply.ts';
import { MAX_TEXT_CHARS } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { Turn } from './turn.ts';
import { stateOfCall, type TurnDecision } from './turn-approvals.ts';
import { type RefusedMessage, refusal } from './turn-result.ts';

/** Refuses a message that no turn can answer; returns `undefined` for all others. */
export function validateMessage({ message, messages }: Turn): RefusedMessage | undefined {
  const { text, attachments, approvalId, isAllowed } = message;
  if (!isAllowed) return refusal('notAllowed', messages.notAllowed);
  if (text === '' && attachments.length === 0 && approvalId === undefined)
    return refusal('textMissing', messages.textMissing);
  const isTooLong = text.length > MAX_TEXT_CHARS;
  const limit = MAX_TEXT_CHARS.toLocaleString(messages.language);
  return isTooLong ? refusal('textTooLong', messages.textTooLong(limit)) : undefined;
}

/** Counts a turn of a person, once for all of its attempts; refuses it where it is one too many. */
export function checkRate({ job, message, messages, services }: Turn): RefusedMessage | undefined {
  // A refused decision could not be repeated: its buttons are gone.
  if (message.approvalId !== undefined) return undefined;
  if (job.isRetry || services.rate.admit(message.personKey)) return undefined;
  return refusal('tooFast', messages.limits.tooFast);
}

/** The refusal of a turn that may cost more than is left of a budget. */
export async function budgetRefusal(
  over: OverBudget,
  decided: TurnDecision | undefined,
  turn: Turn,
): Promise<RefusedMessage> {
  const { limits } = turn.messages;
  const note = decided === undefined ? '' : await stateOfCall(decided.approval, turn);
  return { ...refusal(over.budget, paragraphs(limits[over.budget], note)), over };
}

/**
 * The refusal of a message of which nothing can be read. If it has a voice clip of Teams, offers the recording page.
 */
export async function unreadableRefusal({ warnings }: ReadAttachments, turn: Turn): Promise<RefusedMessage> {
  const refused = refusal('unreadable', paragraphs(...warnings));
  const { message, services } = turn;
  const hasSpoken = message.attachments.some(({ kind }) => kind === 'teamsVoiceClip');
  if (!hasSpoken || !canOpenPage(services.channel.recordingAccess(message))) return refused;
  const recordingLink = await turn.orLog(services.recordingLinks.create(message), 'recording link not made');
  return recordingLink === undefined ? refused : { ...refused, reply: { ...refused.reply, recordingLink } };
}
