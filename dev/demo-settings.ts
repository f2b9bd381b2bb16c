import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingNames } from '../src/config/config.ts';
import { loadDotEnv } from '../src/config/dot-env.ts';
import type { Env } from '../src/config/env.ts';
import { variablesIn } from '../src/config/mcp-variables.ts';
import { unknownSettings } from '../src/config/unknown-settings.ts';

/** The settings that the demo reads from the environment and `.env`. */
const NAMES = ['REALTIME_VOICE', 'REALTIME_INSTRUCTIONS'] as const;
/** The settings that the demo reads from the environment only: paths from the current folder. */
const PATHS = ['MCP_CONFIG', 'DOCUMENTS_FOLDER'] as const;
const DEFAULT_VOICE = 'alloy';

export interface DemoSettings {
  readonly voice: string;
  /** The variables for the bot. */
  readonly env: Readonly<Record<string, string>>;
  /** Warnings about these settings. */
  readonly notices: readonly string[];
}

/** Reads the few settings of the bot that the demo does not set itself. Throws a ConfigError. */
export function readDemoSettings(shellEnv: Env): DemoSettings {
  const all = { ...shellEnv };
  const botSettings = settingNames();
  const allNotices = [...loadDotEnv(all), ...unknownSettings(all, botSettings)];

  const paths = valuesOf(PATHS, shellEnv).map(([name, path]) => [name, resolve(path)] as const);
  const settings = Object.fromEntries([...valuesOf(NAMES, all), ...paths]);
  const serverVariables = variablesOfServers(settings['MCP_CONFIG']).filter((name) => all[name] !== undefined);
  const passedOn = serverVariables.filter((name) => !botSettings.has(name));
  const withheld = serverVariables.filter((name) => botSettings.has(name));
  const env = { REALTIME_VOICE: DEFAULT_VOICE, ...Object.fromEntries(valuesOf(passedOn, all)), ...settings };

  const inDotEnv = valuesOf([...botSettings], all).flatMap(([name]) => (shellEnv[name] === undefined ? [name] : []));
  return {
    voice: env.REALTIME_VOICE.trim(),
    env,
    notices: [
      ...allNotices.filter(concernsDemo),
      ...ignoredNotice(inDotEnv.filter((name) => !(name in settings))),
      ...withheld.map(
        (name) => `${name} in the file of MCP_CONFIG is a setting of the bot, so the demo does not pass it on`,
      ),
    ],
  };
}

/** Whether a notice is about `.env` itself, or about a setting that the demo reads from it. */
function concernsDemo(notice: string): boolean {
  return notice.startsWith('.env') || NAMES.some((name) => notice.includes(name));
}

/** One line about the settings in `.env` that the demo does not use. */
function ignoredNotice(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const paths = PATHS.filter((name) => names.includes(name));
  const hint = paths.length === 0 ? '' : `; set ${paths.join(' and ')} in the shell`;
  return [`the demo ignores in .env: ${names.join(', ')}${hint}`];
}

/** The variables that are neither unset nor blank. */
function valuesOf(names: readonly string[], env: Env): [name: string, value: string][] {
  return names.flatMap((name) => (env[name]?.trim() ? [[name, env[name]]] : []));
}

/** The variables that the file of MCP_CONFIG names. The bot reports a file that cannot be read. */
function variablesOfServers(path: string | undefined): readonly string[] {
  try {
    return path === undefined ? [] : [...new Set(variablesIn(readFileSync(path, 'utf8')))];
  } catch {
    return [];
  }
}
