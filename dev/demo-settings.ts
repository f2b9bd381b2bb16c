import { misspelledSettings } from '../src/config/config.ts';
import { loadDotEnv } from '../src/config/dot-env.ts';
import type { Env } from '../src/config/env.ts';

/** What the demo takes from the environment and `.env`. All other settings of the bot are its own. */
const NAMES = ['REALTIME_VOICE', 'REALTIME_INSTRUCTIONS'] as const;
const DEFAULT_VOICE = 'alloy';

export interface DemoSettings {
  readonly voice: string;
  /** The settings as variables for the bot. */
  readonly env: Readonly<Record<string, string>>;
  /** What is odd about these settings. */
  readonly notices: readonly string[];
}

/** Reads the voice and the prompt from the environment, else from `.env` of the current folder. Throws a ConfigError. */
export function readDemoSettings(shellEnv: Env): DemoSettings {
  const all = { ...shellEnv };
  const notices = [...loadDotEnv(all), ...misspelledSettings(all)];
  const values = NAMES.flatMap((name) => (all[name]?.trim() ? [[name, all[name]] as const] : []));
  const env = { REALTIME_VOICE: DEFAULT_VOICE, ...Object.fromEntries(values) };
  const isOwn = (notice: string) => notice.startsWith('.env') || NAMES.some((name) => notice.includes(name));
  return { voice: env.REALTIME_VOICE.trim(), env, notices: notices.filter(isOwn) };
}
