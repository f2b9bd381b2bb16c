import { type Config, readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';

export const USAGE = `Usage: npm run chat -- [--wav FILE] [--events]

Opens a chat with the model in the terminal. Reads the settings of the model from the environment or .env:
AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME (with Entra ID or AZURE_OPENAI_API_KEY), or OPENAI_API_KEY and
OPENAI_MODEL. Without these settings, a simulator answers.

The model has the tools of the bot: its functions, the servers in MCP_CONFIG and the documents in DOCUMENTS_FOLDER. If a
call needs your approval, type y, n or always. "always" lasts until the chat ends.

  --wav FILE   write the audio of all answers to FILE; an existing file is replaced
  --events     print each piece of text and audio as it arrives
  --help       print this

Type q or Ctrl-D to end the chat, and Ctrl-C to cancel an answer. LOG_LEVEL=debug before the command (not in .env) writes
the log to standard error.`;

/** The part of the bot's settings that a chat in a terminal needs. */
export type ChatConfig = Pick<
  Config,
  'model' | 'proxy' | 'session' | 'tools' | 'historyTurns' | 'turnTimeoutMs' | 'sessionIdleMs' | 'logLevel' | 'notices'
>;

const MODEL_OR_PROXY = /^(?:OPENAI|AZURE_OPENAI|REALTIME)_|_PROXY$/i;
const OTHER_SETTINGS = [
  'HISTORY_TURNS',
  'TURN_TIMEOUT_SECONDS',
  'SESSION_IDLE_SECONDS',
  'LOG_LEVEL',
  'MCP_CONFIG',
  'DOCUMENTS_FOLDER',
  'EXAMPLE_TOOLS',
];

/** Throws a ConfigError. Ignores settings that only the bot uses. */
export function readChatConfig(env: Env): ChatConfig {
  return readConfig(env, [], (name) => MODEL_OR_PROXY.test(name) || OTHER_SETTINGS.includes(name));
}

/** The environment with a simulator as the model. */
export function withSimulator(env: Env, url: string): Env {
  return {
    ...env,
    AZURE_OPENAI_ENDPOINT: url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'simulator',
    EXAMPLE_TOOLS: env['EXAMPLE_TOOLS'] ?? 'true',
  };
}
