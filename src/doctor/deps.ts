import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Env } from '../config/env.ts';
import type { Ids } from '../ids.ts';
import type { Installation } from '../installation.ts';
import type { Logger } from '../log.ts';
import type { TokenProvider } from '../realtime/endpoint.ts';

export interface DoctorDeps {
  readonly config: Config;
  /** The environment, for values that are not in the configuration. */
  readonly env: Env;
  /** The folder in which the bot is started. The Teams package is in its subfolder `out`. */
  readonly folder: string;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Access tokens of Entra ID, by scope. */
  readonly tokens: (scope: string) => TokenProvider;
}
