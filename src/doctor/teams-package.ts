import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Installation } from '../installation.ts';
import { fieldsOf } from '../json-access.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass, skipped } from './check.ts';

/** Below the folder of the project. */
const PACKAGE = 'out/teams-app.zip';
const LIMIT_MS = 10_000;
/** Which the project alone has. */
const MAKE: Readonly<Record<Installation, string>> = {
  project: 'npm run teams-package',
  deployed: 'in the project',
};

/** Whether the app that is given to Teams belongs to this configuration. */
export function teamsPackageCheck({ config, folder, installed }: DoctorDeps): Check {
  const make = MAKE[installed];
  return {
    name: 'Teams app package',
    limitMs: LIMIT_MS,
    lateFix: `Make it again: ${make}.`,
    async run() {
      const zip = await readIfThere(join(folder, PACKAGE));
      if (zip === undefined) return skipped(`there is no ${PACKAGE} here (to make it: ${make})`);
      const manifest = await manifestIn(zip);
      if (manifest === undefined)
        return fail(`${PACKAGE} holds no manifest.json that can be read`, `Make it again: ${make}.`);
      return compare(manifest, config, make);
    },
  };
}

function compare(manifest: unknown, { botEnv, publicBaseUrl }: Config, make: string): Finding {
  const appId = botEnv['MicrosoftAppId'];
  const base = publicBaseUrl?.startsWith('https:') === true ? new URL(publicBaseUrl) : undefined;
  if (appId === undefined || base === undefined)
    return skipped(`${PACKAGE} is there; to compare it, MicrosoftAppId and an https PUBLIC_BASE_URL have to be set`);
  const { validDomains, bots, version } = fieldsOf(manifest);
  const domains = listOf(validDomains).map((each) => String(each).toLowerCase());
  const botId = String(fieldsOf(listOf(bots)[0])['botId'] ?? 'none');
  const isOpen = domains.includes(base.host) || domains.includes(base.hostname);
  const wrong = [
    botId.toLowerCase() === appId.toLowerCase() ? '' : `its bot is ${botId}, and MicrosoftAppId ${appId}`,
    isOpen ? '' : `its validDomains (${domains.join(', ') || 'none'}) lack ${base.hostname}`,
  ].filter((each) => each !== '');
  if (wrong.length === 0)
    return pass(`version ${String(version)} is of this bot, and lets Teams open ${base.hostname}`);
  return fail(
    wrong.join('; '),
    `Set MicrosoftAppId and PUBLIC_BASE_URL as the bot has them, then make it again (${make}) and upload it to Teams.`,
  );
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What reads a ZIP is loaded here: where there is none, and so where the bot is deployed, the doctor goes without. */
async function manifestIn(zip: Uint8Array): Promise<unknown> {
  const { unzipSync } = await import('fflate');
  try {
    const { 'manifest.json': manifest } = unzipSync(zip, { filter: ({ name }) => name === 'manifest.json' });
    return manifest === undefined ? undefined : JSON.parse(new TextDecoder().decode(manifest));
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
