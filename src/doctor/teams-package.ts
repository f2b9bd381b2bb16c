import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { fieldsOf } from '../json-access.ts';
import { type CheckContext, type Finding, fail, pass, skipped } from './check.ts';

const PACKAGE = 'out/teams-app.zip';

/** Compares the app package in `out`, if there is one, with this configuration. */
export function checkTeamsPackage({ config, folder, installation }: CheckContext): Finding {
  const make = installation === 'project' ? 'npm run teams-package' : 'in the project';
  const path = join(folder, PACKAGE);
  if (!existsSync(path)) return skipped(`${PACKAGE} is not here (to create it: ${make})`);
  const manifest = manifestIn(path);
  if (manifest === undefined) return fail(`${PACKAGE} has no readable manifest.json`, `Create it again: ${make}.`);
  const appId = config.botEnv['MicrosoftAppId'];
  if (appId === undefined || config.publicBaseUrl?.startsWith('https:') !== true)
    return skipped(`${PACKAGE} exists; to compare it, set MicrosoftAppId and an https PUBLIC_BASE_URL`);
  const { host, hostname } = new URL(config.publicBaseUrl);
  const { validDomains, bots, version } = fieldsOf(manifest);
  const domains = listOf(validDomains).map((each) => String(each).toLowerCase());
  const botId = String(fieldsOf(listOf(bots)[0])['botId'] ?? 'none');
  const differences = [
    botId.toLowerCase() === appId.toLowerCase() ? '' : `its bot is ${botId}, and MicrosoftAppId ${appId}`,
    domains.includes(host) || domains.includes(hostname)
      ? ''
      : `its validDomains (${domains.join(', ') || 'none'}) lack ${hostname}`,
  ].filter((each) => each !== '');
  if (differences.length === 0) return pass(`version ${version} is for this bot, and lets Teams open ${hostname}`);
  return fail(
    differences.join('; '),
    `Set MicrosoftAppId and PUBLIC_BASE_URL as for the bot, then create it again (${make}) and upload it to Teams.`,
  );
}

function manifestIn(path: string): unknown {
  try {
    const files = unzipSync(readFileSync(path), { filter: ({ name }) => name === 'manifest.json' });
    return JSON.parse(new TextDecoder().decode(files['manifest.json']));
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
