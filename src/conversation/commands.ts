/** What people can tell the bot, in the order in which it is listed. */
export const COMMANDS = ['help', 'talk', 'reset', 'forget', 'voice', 'audio', 'stop', 'usage'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** A command as somebody wrote it. */
export type Command =
  | { readonly name: CommandName; readonly argument: string }
  /** Written like a command, and none. */
  | { readonly name: 'unknown'; readonly written: string };

/** A word alone after the slash: a path such as `/etc/hosts` is no command. */
const COMMAND = /^\/(\p{L}[\p{L}\d_-]{0,31})(?:\s+(.*))?$/su;

/** The command in a message without the bot's mention; `undefined` for any other message. */
export function commandOf(text: string): Command | undefined {
  const [, written = '', argument = ''] = COMMAND.exec(text) ?? [];
  if (written === '') return undefined;
  const name = COMMANDS.find((each) => each === written.toLowerCase());
  return name === undefined ? { name: 'unknown', written } : { name, argument: argument.trim() };
}

/** The voices of the realtime models, as of 2026-11. https://developers.openai.com/api/docs/guides/realtime */
export const VOICES = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
] as const;
