import { parseArgs } from 'node:util';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';

export const USAGE = `Usage: npm run chat -- [--wav FILE]

Talks with the model that the bot is set up for, line by line: AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME
(with Entra ID, or with AZURE_OPENAI_API_KEY), else OPENAI_API_KEY and OPENAI_MODEL, from the environment or .env. Where
none of them is set, a simulator answers.

  --wav FILE   keep the audio of all replies, one after another, in FILE; an older FILE is replaced at the start
  --help       print this

q or Ctrl-D ends the conversation, Ctrl-C breaks off an answer. LOG_LEVEL=debug in front of the command (not in .env)
writes the log, to standard error.`;

/** What stands behind the command. */
export interface ChatOptions {
  readonly isHelpAsked: boolean;
  readonly wavFile: string | undefined;
}

/** The part of the bot's settings that a chat in a terminal needs. */
export type ChatConfig = Pick<
  Config,
  'model' | 'proxy' | 'session' | 'historyTurns' | 'turnTimeoutMs' | 'sessionIdleMs' | 'logLevel'
>;

const OTHER_VARIABLES = ['HISTORY_TURNS', 'TURN_TIMEOUT_SECONDS', 'SESSION_IDLE_SECONDS', 'LOG_LEVEL'];

/** The options, or one line that says what is wrong with them. */
export function readOptions(args: readonly string[]): ChatOptions | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { wav: { type: 'string' }, help: { type: 'boolean' } } });
    if (values.wav === '') return wrong("Option '--wav <value>' argument missing");
    return { isHelpAsked: values.help ?? false, wavFile: values.wav };
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

/** Without the advice of `parseArgs` on how to write such a thing as an argument: there are none. */
function wrong(problem: string): string {
  return `${problem.split(/\.\s/)[0]}. Usage: npm run chat -- [--wav FILE]`;
}

/** Throws a ConfigError. Settings that are the bot's alone are not looked at: they cannot stop a chat. */
export function readChatConfig(env: Env): ChatConfig {
  const names = Object.keys(env).filter((name) => /^(?:OPENAI|AZURE_OPENAI|REALTIME)_|_PROXY$/i.test(name));
  return readConfig(Object.fromEntries([...names, ...OTHER_VARIABLES].map((name) => [name, env[name]])));
}

/** The same environment with a simulator for a model. */
export function withSimulator(env: Env, url: string): Env {
  return {
    ...env,
    AZURE_OPENAI_ENDPOINT: url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'simulator',
  };
}
