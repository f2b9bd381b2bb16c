import { wordingFor } from '../messages/messages.ts';
import type { UserMessage } from './user-message.ts';

/** A longer message is refused: it would crowd out all that was said before. */
export const MAX_TEXT_CHARS = 20_000;

/** Why no model can answer a message. */
export type InvalidReason = 'notAllowed' | 'textMissing' | 'textTooLong';

/** Why a message is refused, and what its user is told. */
export interface Invalid {
  readonly reason: InvalidReason;
  readonly text: string;
}

/** Why a message is refused, whenever it comes; `undefined` for all others. */
export function validateMessage({ text, attachments, isAllowed, locale }: UserMessage): Invalid | undefined {
  const words = wordingFor(locale);
  if (!isAllowed) return { reason: 'notAllowed', text: words.notAllowed };
  if (text === '' && attachments.length === 0) return { reason: 'textMissing', text: words.textMissing };
  if (text.length > MAX_TEXT_CHARS)
    return { reason: 'textTooLong', text: words.textTooLong(MAX_TEXT_CHARS.toLocaleString(words.language)) };
  return undefined;
}
