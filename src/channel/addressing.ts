import type { Activity } from 'botbuilder';
import { commandOf } from '../conversation/commands/commands.ts';
import { fieldsOf } from '../json-access.ts';
import type { Addressing } from './capabilities.ts';
import { mentionsBot, namesBot } from './mentions.ts';
import { quotesAccount } from './quoted-replies.ts';
import { capabilitiesIn, scopeOf } from './user-message.ts';

/** What addresses a message to the bot in this conversation: in a chat of two, every message is for it. */
export function addressingIn(activity: Activity): Addressing {
  return scopeOf(activity) === 'personal' ? 'anything' : capabilitiesIn(activity).addressedBy;
}

/** Whether a message is meant for the bot, by the channel's rule for groups. `text`: without mentions of the bot. */
export function isAddressed(activity: Activity, text: string): boolean {
  switch (addressingIn(activity)) {
    case 'anything':
      return true;
    case 'mention':
      return mentionsBot(activity) || namesOrAnswersBot(activity);
    case 'name':
      return isCommand(text) || namesOrAnswersBot(activity);
  }
}

/** Whether an activity has the bot's written name, a pressed button, or a reply to the bot's message. */
function namesOrAnswersBot(activity: Activity): boolean {
  return namesBot(activity) || isFilled(activity.value) || isReplyToBot(activity);
}

function isCommand(text: string): boolean {
  const command = commandOf(text);
  return command !== undefined && command.name !== 'unknown';
}

/** A pressed button sends a value. Some clients add an empty one to a written message. */
function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/**
 * Teams names the author of a quote. `channelData` has Telegram's own message, with the one that it replies to.
 * https://core.telegram.org/bots/api#message
 */
function isReplyToBot({ channelData, recipient, entities }: Activity): boolean {
  if (quotesAccount(entities, recipient?.id)) return true;
  const { reply_to_message: replied } = fieldsOf(fieldsOf(channelData)['message']);
  const { username } = fieldsOf(fieldsOf(replied)['from']);
  return typeof username === 'string' && username.toLowerCase() === recipient?.id?.toLowerCase();
}
