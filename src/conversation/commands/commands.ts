import { COMMANDS, type CommandName } from '../../messages/command-names.ts';

/** A command as somebody wrote it. */
export type Command =
  | { readonly name: CommandName; readonly argument: string }
  /** What Telegram sends, with or without an argument, where a person opens a chat with the bot. */
  | { readonly name: 'start' }
  /** Written like a command, and none. */
  | { readonly name: 'unknown'; readonly written: string };

/** A word alone after the slash: a path such as `/etc/hosts` is no command. */
const COMMAND = /^\/(\p{L}[\p{L}\d_-]{0,31})(?:\s+(.*))?$/su;

/**
 * Format characters are invisible, and come along with what is copied: byte order marks, joiners, marks of direction.
 */
const INVISIBLE = /\p{Cf}/gu;

/** The command in a message without the bot's mention; `undefined` for any other message. */
export function commandOf(text: string): Command | undefined {
  const [, written = '', argument = ''] = COMMAND.exec(text.replace(INVISIBLE, '').trim()) ?? [];
  if (written === '') return undefined;
  if (written.toLowerCase() === 'start') return { name: 'start' };
  const name = COMMANDS.find((each) => each === written.toLowerCase());
  return name === undefined ? { name: 'unknown', written } : { name, argument: argument.trim() };
}
