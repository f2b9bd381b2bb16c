import type { Activity } from 'botbuilder';
import { commandOf } from '../conversation/commands/commands.ts';
import { fieldsOf } from '../json-access.ts';
import { type Addressing, capabilitiesOf } from './capabilities.ts';
import { mentionsBot, namesBot } from './mentions.ts';
import { quotesAccount } from './quoted-replies.ts';
import { scopeOf } from './user-message.ts';

/** What turns a message to the bot where this comes from: in a chat of two, being sent. */
export function addressingIn(activity: Activity): Addressing {
  const scope = scopeOf(activity);
  return scope === 'personal' ? 'anything' : capabilitiesOf(activity.channelId, scope).addressedBy;
}

/**
 * Whether a message is meant for the bot: always where one person talks with it; in groups as the channel shows it.
 * `text`: what was written, without mentions of the bot.
 */
export function isAddressed(activity: Activity, text: string): boolean {
  switch (addressingIn(activity)) {
    case 'anything':
      return true;
    case 'mention':
      return mentionsBot(activity) || isTurnedToBot(activity);
    case 'name':
      return isCommand(text) || isTurnedToBot(activity);
  }
}

/** By its name, a pressed card, or an answer to what it said. */
function isTurnedToBot(activity: Activity): boolean {
  return namesBot(activity) || isFilled(activity.value) || isReplyToBot(activity);
}

function isCommand(text: string): boolean {
  const command = commandOf(text);
  return command !== undefined && command.name !== 'unknown';
}

/** A pressed card brings a value; some clients add an empty one to what is written. */
function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/**
 * Teams names whom it quotes. Telegram's own message is in `channelData`, with the one that it replies to.
 * https://core.telegram.org/bots/api#message
 */
function isReplyToBot({ channelData, recipient, entities }: Activity): boolean {
  if (quotesAccount(entities, recipient?.id)) return true;
  const { reply_to_message: replied } = fieldsOf(fieldsOf(channelData)['message']);
  const { username } = fieldsOf(fieldsOf(replied)['from']);
  return typeof username === 'string' && username.toLowerCase() === recipient?.id?.toLowerCase();
}
