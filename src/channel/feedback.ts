import type { Activity } from 'botbuilder';
import { fieldsOf, textOf } from '../json-access.ts';

/** What a user thinks of one of the bot's messages: the thumbs below it, in Teams. */
export interface Feedback {
  readonly reaction: 'like' | 'dislike';
  /** The message that it is about. */
  readonly replyToId: string | undefined;
}

/** The rating in an invoke, if it is one. What the user wrote with it is people's words, and is not read. */
export function feedbackOf({ name, value, replyToId }: Activity): Feedback | undefined {
  const { actionName, actionValue } = fieldsOf(value);
  const { reaction } = fieldsOf(actionValue);
  if (name !== 'message/submitAction' || actionName !== 'feedback') return undefined;
  if (reaction !== 'like' && reaction !== 'dislike') return undefined;
  return { reaction, replyToId: textOf(replyToId, MAX_ID_CHARS) };
}

const MAX_ID_CHARS = 256;
