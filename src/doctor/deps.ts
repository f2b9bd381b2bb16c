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
