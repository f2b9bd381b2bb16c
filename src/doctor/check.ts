import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Env } from '../config/env.ts';
import type { Ids } from '../ids.ts';
import type { Installation } from '../installation.ts';
import type { Logger } from '../log.ts';
import type { TokenProvider } from '../realtime/endpoint.ts';

/** What the checks work with. */
export interface DoctorDeps {
  readonly config: Config;
  /** For what the configuration does not hold. */
  readonly env: Env;
  /** Where the bot is started; the Teams package is in its `out`. */
  readonly folder: string;
  readonly installed: Installation;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Access tokens of Entra ID, by scope. */
  readonly tokens: (scope: string) => TokenProvider;
}

/** The result of a check. `message` is one sentence for a person, `fix` says what to do about it. */
export type Finding =
  | { readonly status: 'pass' | 'skipped'; readonly message: string }
  /** After a warning, the bot works. */
  | { readonly status: 'warn' | 'fail'; readonly message: string; readonly fix: string };

/** One check of the bot's environment. */
export interface Check {
  readonly name: string;
  /** Names of earlier checks. Unless all of them pass or warn, this one is skipped. */
  readonly needs?: readonly string[];
  /** 10 s unless given. */
  readonly limitMs?: number;
  /** What to do when the check takes longer. */
  readonly lateFix?: string;
  /** Runs the check. `signal` is aborted when its time is over. A rejection counts as a failure. */
  run(signal: AbortSignal): Promise<Finding>;
}

export function pass(message: string): Finding {
  return { status: 'pass', message };
}

export function warn(message: string, fix: string): Finding {
  return { status: 'warn', message, fix };
}

export function fail(message: string, fix: string): Finding {
  return { status: 'fail', message, fix };
}

export function skipped(message: string): Finding {
  return { status: 'skipped', message };
}
