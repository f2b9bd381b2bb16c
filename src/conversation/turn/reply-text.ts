import { wordingFor } from '../../messages/messages.ts';
import { speakerOf } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';

/** What comes between the parts of one message. */
const BREAK = '\n\n';

/** Joins what is there. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(BREAK);
}

/** What stands above an answer of what was understood of voice messages; empty where nothing was. */
export function transcriptHeading(
  heard: string | undefined,
  message: Pick<UserMessage, 'locale' | 'scope' | 'user'>,
): string {
  return heard === undefined ? '' : wordingFor(message.locale).attachments.heard(heard, speakerOf(message));
}
