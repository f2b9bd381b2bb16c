/** What people can tell the bot, in the order in which it is listed. */
export const COMMANDS = [
  'help',
  'talk',
  'reset',
  'forget',
  'voice',
  'audio',
  'stop',
  'usage',
  'tools',
  'allow',
  'deny',
] as const;
export type CommandName = (typeof COMMANDS)[number];
