import { wordingFor } from '../messages/messages.ts';
import { commandOf } from './commands/commands.ts';
import type { Reply } from './reply.ts';
import type { UserMessage } from './user-message.ts';

/** A longer message is refused: it would crowd out all that was said before. */
export const MOST_TEXT_CHARS = 20_000;

/** What is said to a message that no model can answer, whenever it comes; `undefined` for all others. */
export function refusalOf({ text, attachments, isAllowed, locale }: UserMessage): Reply | undefined {
  const words = wordingFor(locale);
  const say = (what: string): Reply => ({ text: what, audio: undefined });
  if (!isAllowed) return say(words.notAllowed);
  if (text === '' && attachments.length === 0) return say(words.textMissing);
  if (text.length > MOST_TEXT_CHARS) return say(words.textTooLong(MOST_TEXT_CHARS.toLocaleString(words.language)));
  return undefined;
}

/** Whether a message is answered by the model, in its turn. */
export function needsTurn(turn: UserMessage): boolean {
  return refusalOf(turn) === undefined && commandOf(turn.text) === undefined;
}
