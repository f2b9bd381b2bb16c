import { systemClock } from '../../src/clock.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import type { CheckContext, Finding } from '../../src/doctor/check.ts';
import { CHECKS, createContext } from '../../src/doctor/checks.ts';
import type { DoctorDeps } from '../../src/doctor/deps.ts';
import { runChecks } from '../../src/doctor/run.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';

export const NO_MODEL: Env = {
  AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9',
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5',
  AZURE_OPENAI_API_KEY: 'a-secret-key',
  PORT: '0',
};

export interface ExaminedOptions {
  readonly deps?: Partial<DoctorDeps>;
  readonly config?: Partial<Config>;
  /** Runs only these checks, which have to include those they need. */
  readonly only?: readonly string[];
}

/** The context of the checks with these settings. */
export function contextOf(env: Env, { config, deps }: ExaminedOptions = {}): CheckContext {
  return createContext({
    config: { ...readConfig({ ...NO_MODEL, ...env }), ...config },
    env,
    folder: '/nowhere',
    installation: 'project',
    clock: systemClock,
    ids: randomIds,
    log: createLogger('silent'),
    tokens: () => async () => 'a-token',
    ...deps,
  });
}

/** The results of the checks with these settings, by check name. */
export async function examined(env: Env, options: ExaminedOptions = {}): Promise<ReadonlyMap<string, Finding>> {
  const checks = CHECKS.filter(({ name }) => options.only?.includes(name) ?? true);
  const findings = new Map<string, Finding>();
  await runChecks(checks, contextOf(env, options), ({ name, finding }) => findings.set(name, finding));
  return findings;
}

/** Status, message and fix of a check, in one text. */
export function findingText(findings: ReadonlyMap<string, Finding>, name: string): string {
  const finding = findings.get(name);
  if (finding === undefined) return 'not made';
  return [finding.status, finding.message, ...('fix' in finding ? [finding.fix] : [])].join(' | ');
}
