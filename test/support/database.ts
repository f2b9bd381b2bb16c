import assert from 'node:assert/strict';
import { systemClock } from '../../src/clock.ts';
import { type DatabaseSettings, readDatabase } from '../../src/config/database-settings.ts';
import { EnvReader } from '../../src/config/env.ts';
import type { ConnectionOptions } from '../../src/database/connection.ts';
import { createLogger } from '../../src/log.ts';

/** The settings of a database, read from an environment. */
export function databaseSettings(url: string, env: Readonly<Record<string, string>> = {}): DatabaseSettings {
  const reader = new EnvReader({ DATABASE_URL: url, ...env });
  const settings = readDatabase(reader);
  assert.deepEqual(reader.problems, []);
  return settings ?? assert.fail('no database');
}

/** Options for a connection to a database without Entra ID. */
export function connectionOptions(url: string, env: Readonly<Record<string, string>> = {}): ConnectionOptions {
  const settings = databaseSettings(url, env);
  const tokens = () => () => Promise.reject(new Error('there are no tokens'));
  return { settings, tokens, clock: systemClock, log: createLogger('silent') };
}
