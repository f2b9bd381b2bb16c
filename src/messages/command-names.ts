/** What people can tell the bot, in the order in which it is listed. */
export const COMMANDS = ['help', 'talk', 'reset', 'forget', 'voice', 'audio', 'stop', 'usage'] as const;
export type CommandName = (typeof COMMANDS)[number];
