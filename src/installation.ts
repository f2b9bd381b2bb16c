import { existsSync, readFileSync } from 'node:fs';
import type { Env } from './config/env.ts';
import type { ConfigError } from './errors.ts';
import { fieldsOf } from './json-access.ts';

/** `project` has the npm scripts and .env.example; a `deployed` package has neither. */
export type Installation = 'project' | 'deployed';

/** `/health` reports the build, so that a deployment can be compared with the uploaded package. */
export interface Build {
  /** The version in package.json. */
  readonly version: string;
  /** The Git commit, followed by `-dirty` if there were uncommitted changes. Set only in a package. */
  readonly commit: string | undefined;
}

export function findInstallation(): Installation {
  return Object.hasOwn(fieldsOf(readManifest()['scripts']), 'doctor') ? 'project' : 'deployed';
}

/** npm writes the commit to the field `gitHead`. */
export function findBuild(): Build {
  const { version, gitHead } = readManifest();
  return { version: String(version), commit: typeof gitHead === 'string' ? gitHead : undefined };
}

/** Reads the package.json above this module's folder, which is `src`, `dist`, or the folder of the bundle. */
function readManifest(): Readonly<Record<string, unknown>> {
  return fieldsOf(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));
}

/** Whether the environment has any setting of a model; an incomplete set is a mistake. */
export function namesModel(env: Env): boolean {
  return Object.entries(env).some(([name, value]) => /^(AZURE_)?OPENAI_/.test(name) && value?.trim());
}

/** Returns the command that tests all settings. */
export function doctorCommand(installation: Installation): string {
  return installation === 'project' ? 'npm run doctor' : 'node dist/doctor.js';
}

/** Names the file that describes the settings, as a part of a sentence. */
export function settingsFile(installation: Installation): string {
  return installation === 'project' ? '.env.example' : "the project's .env.example";
}

/** Says what to do after `error`. Never advises to overwrite a `.env`. */
export function firstSteps(env: Env, installation: Installation, error: ConfigError): string {
  const isProduction = env['NODE_ENV'] === 'production' || env['WEBSITE_SITE_NAME'] !== undefined;
  const isBegun = namesModel(env) || error.code === 'dot_env_unreadable';
  if (installation === 'deployed' || isProduction || isBegun)
    return `Every setting is described in ${settingsFile(installation)}.`;
  const model = 'set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME in';
  const begin = existsSync('.env')
    ? `${model} .env (.env.example describes them)`
    : `cp .env.example .env, and ${model} it`;
  return `To begin: ${begin}.\nTo try the bot without an account: npm run demo`;
}
