import type { DoctorDeps } from './deps.ts';
import type { ModelTrial } from './model-trial.ts';

/** The result of a check. `message` is one sentence for a person, `fix` says what to do about it. */
export type Finding =
  | { readonly status: 'pass' | 'skipped'; readonly message: string }
  /** `warn` means that the bot works nevertheless. */
  | { readonly status: 'warn' | 'fail'; readonly message: string; readonly fix: string };

/** The context of a check. The checks of the model share one trial. */
export interface CheckContext extends DoctorDeps {
  readonly trial: ModelTrial;
}

/** One check of the bot's environment. */
export interface Check {
  readonly name: string;
  /** Earlier checks. Unless all of them pass or warn, this one is skipped. */
  readonly needs?: readonly string[];
  /** Default: 30 s. */
  readonly limitMs?: number;
  /** What to do when the check takes longer. */
  readonly lateFix?: string;
  /** `signal` is aborted when the time is over. A rejection counts as a failure. */
  run(context: CheckContext, signal: AbortSignal): Finding | Promise<Finding>;
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
