import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Env } from '../config/env.ts';
import type { Ids } from '../ids.ts';
import type { Installation } from '../installation.ts';
import type { Logger } from '../log.ts';
import type { TokenProvider } from '../realtime/endpoint.ts';

/** Numbers and names that a check found, for machines; units stand in the names. */
export type Figures = Readonly<Record<string, number | string>>;

/** What a check came to. `said` is one sentence for a person, `fix` says what to do about it. */
export type Finding =
  | { readonly status: 'pass'; readonly said: string; readonly figures?: Figures }
  /** The bot works with it, but an operator should know. */
  | { readonly status: 'warn'; readonly said: string; readonly fix: string; readonly figures?: Figures }
  | { readonly status: 'fail'; readonly said: string; readonly fix: string; readonly figures?: Figures }
  | { readonly status: 'skipped'; readonly said: string };

/** One question to the environment of the bot. */
export interface Check {
  readonly name: string;
  /** Names of checks before it, without whose success it means nothing. */
  readonly needs?: readonly string[];
  /** From its beginning to its end. */
  readonly limitMs: number;
  /** What to do where that is not enough. */
  readonly lateFix: string;
  /** Aborted when its time is over. What it rejects with counts as a failure. */
  run(signal: AbortSignal): Promise<Finding>;
}

/** What the checks are made from. */
export interface DoctorDeps {
  readonly config: Config;
  /** For what the configuration does not hold. */
  readonly env: Env;
  /** Where the bot is started, and where `out` is. */
  readonly folder: string;
  /** Which commands and files there are to speak of. */
  readonly installed: Installation;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Access tokens of Entra ID, by scope. */
  readonly tokens: (scope: string) => TokenProvider;
}

export function pass(said: string, figures: Figures = {}): Finding {
  return { status: 'pass', said, figures };
}

export function warn(said: string, fix: string, figures: Figures = {}): Finding {
  return { status: 'warn', said, fix, figures };
}

export function fail(said: string, fix: string, figures: Figures = {}): Finding {
  return { status: 'fail', said, fix, figures };
}

export function skipped(said: string): Finding {
  return { status: 'skipped', said };
}
