import { existsSync, readFileSync } from 'node:fs';
import type { Env } from './config/env.ts';
import type { ConfigError } from './errors.ts';
import { fieldsOf } from './json-access.ts';

/** Whether a program runs in the project, with its npm scripts, or in a deployed package without them and .env.example. */
export type Installation = 'project' | 'deployed';

/** What was built. `/health` reports it, so that a deployment can be compared with what was uploaded. */
export interface Build {
  /** As in package.json. */
  readonly version: string;
  /** The Git commit, with `-dirty` behind it for uncommitted changes. Only a package knows it. */
  readonly commit: string | undefined;
}

export function findInstallation(): Installation {
  return Object.hasOwn(fieldsOf(readManifest()['scripts']), 'doctor') ? 'project' : 'deployed';
}

/** `gitHead` is the field that npm itself writes the commit to. */
export function findBuild(): Build {
  const { version, gitHead } = readManifest();
  return { version: String(version), commit: typeof gitHead === 'string' ? gitHead : undefined };
}

/** The package.json above the folder of this module: `src`, `dist`, or that of the bundle. */
function readManifest(): Readonly<Record<string, unknown>> {
  return fieldsOf(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));
}

/** Whether the environment names a model, or a part of what one needs, which is then a mistake. */
export function namesModel(env: Env): boolean {
  return Object.entries(env).some(([name, value]) => /^(AZURE_)?OPENAI_/.test(name) && value?.trim());
}

/** The command that tests all settings. */
export function doctorCommand(installed: Installation): string {
  return installed === 'project' ? 'npm run doctor' : 'node dist/doctor.js';
}

/** The file that describes the settings, as a part of a sentence. */
export function settingsFile(installed: Installation): string {
  return installed === 'project' ? '.env.example' : "the project's .env.example";
}

/** What to do after `error`; `command` is what was typed. Never advises to overwrite a `.env`. */
export function firstSteps(env: Env, installed: Installation, command: string, error: ConfigError): string {
  const isProduction = env['NODE_ENV'] === 'production' || env['WEBSITE_SITE_NAME'] !== undefined;
  const isBegun = namesModel(env) || error.code === 'dot_env_unreadable';
  if (installed === 'deployed' || isProduction || isBegun)
    return `Every setting is described in ${settingsFile(installed)}.`;
  const model = 'set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME in';
  const begin = existsSync('.env')
    ? `${model} .env (.env.example describes them)`
    : `cp .env.example .env, and ${model} it`;
  return `To begin: ${begin}. Without an account:
npm run simulator, put the three lines that it prints into .env, and in another terminal
${command}`;
}
