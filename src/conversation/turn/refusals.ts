import { wordingFor } from '../../messages/messages.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import type { Services } from '../services.ts';
import type { Invitation, UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import { paragraphs } from './reply-text.ts';
import type { TurnContext } from './turn-context.ts';
import type { Refused } from './turn-result.ts';

/** Counts a turn of a person; refuses it where it is one too many. */
export function tooFast({ personKey, locale }: UserMessage, { rate }: Services): Refused | undefined {
  return rate.admit(personKey) ? undefined : { reason: 'tooFast', text: wordingFor(locale).limits.tooFast };
}

/** The turn may cost more than is left of a budget. */
export function overBudget(over: OverBudget, { message, log }: TurnContext): Refused {
  const rounded = (usd: number) => Number(usd.toFixed(4));
  const amounts = { neededUsd: rounded(over.neededUsd), leftUsd: rounded(over.leftUsd) };
  log.warn({ budget: over.budget, ...amounts }, 'message refused: over budget');
  return { reason: over.budget, text: wordingFor(message.locale).limits[over.budget] };
}

/** Nothing of what was sent can be read. A user who has spoken in vain is shown where to speak. */
export async function unreadable({ notes }: ReadAttachments, turn: TurnContext, services: Services): Promise<Refused> {
  const hasSpoken = turn.message.attachments.some(({ kind }) => kind === 'teamsVoiceClip');
  const invitation = hasSpoken ? await invitationFor(turn, services) : undefined;
  return { reason: 'unreadable', text: paragraphs(...notes), ...(invitation && { invitation }) };
}

/** `undefined` where there is no way to its page, or it cannot be stored: what is said does without it. */
async function invitationFor(
  { message, log }: TurnContext,
  { invitations, channel }: Services,
): Promise<Invitation | undefined> {
  if (!['dialog', 'link'].includes(channel.wayToTalk(message))) return undefined;
  return invitations.create(message).catch((err: unknown) => {
    log.warn({ err }, 'recording link not made');
    return undefined;
  });
}
