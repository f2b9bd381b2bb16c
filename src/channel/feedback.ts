import type { Activity } from 'botbuilder';

/** What a user thinks of one of the bot's messages: the thumbs below it, in Teams. */
export interface Feedback {
  readonly reaction: 'like' | 'dislike';
  /** The message that it is about. */
  readonly replyToId: string | undefined;
}

/** The rating in an invoke, if it is one. What the user wrote with it is people's words, and is not read. */
export function feedbackOf({ name, value, replyToId }: Activity): Feedback | undefined {
  if (name !== 'message/submitAction' || typeof value !== 'object' || value === null) return undefined;
  const { actionName, actionValue } = value as { actionName?: unknown; actionValue?: { reaction?: unknown } | null };
  const reaction = actionValue?.reaction;
  if (actionName !== 'feedback' || (reaction !== 'like' && reaction !== 'dislike')) return undefined;
  return { reaction, replyToId: typeof replyToId === 'string' ? replyToId.slice(0, 256) : undefined };
}
