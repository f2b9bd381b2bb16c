import '../../src/node-version.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '../packaging/write-file-atomic.ts';
import { zipOf } from '../packaging/zip.ts';
import { packageCheck } from './teams-checks.ts';
import { manifestFiles } from './teams-manifest.ts';
import { DEFAULT_NAME, readTeamsRequest, type TeamsOptions, USAGE } from './teams-options.ts';

// `npm run teams-package`: the app of the bot for Teams. The same options give the same bytes.

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = `${root}deploymentTemplates/teams/`;
const target = join(root, 'out/teams-app.zip');

function fail(sentence: string, problems: readonly string[] = []): never {
  process.stderr.write(`${[sentence, ...problems.map((problem) => `  - ${problem}`)].join('\n')}\n`);
  process.exit(1);
}

function packageFiles(options: TeamsOptions): Readonly<Record<string, Uint8Array>> {
  const texts = manifestFiles(readFileSync(`${sources}manifest.template.json`, 'utf8'), options);
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])),
    'color.png': readFileSync(`${sources}color.png`),
    'outline.png': readFileSync(`${sources}outline.png`),
  };
}

function nextSteps({ name, version, appId, botId, host, developer }: TeamsOptions): string {
  const isUnnamed = developer === DEFAULT_NAME;
  const publisher = `Teams will show "${developer}" as the publisher; set --developer to your name.\n\n`;
  return `${target}

  App      ${name} ${version}, from ${developer}
  App id   ${appId}
  Bot id   ${botId}
  Host     ${host}

${isUnnamed ? publisher : ''}To try it: in Teams, Apps > Manage your apps > Upload an app > Upload a custom app.
For an organisation: in the Teams admin center, Teams apps > Manage apps > Upload new app.

The bot must be reachable at https://${host}/api/messages. Turn on the Teams channel in its registration. Unless it runs on
App Service, start it with
PUBLIC_BASE_URL=https://${host}
`;
}

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const request = readTeamsRequest(process.argv.slice(2), version);
switch (request.kind) {
  case 'help':
    process.stdout.write(`${USAGE}\n`);
    break;
  case 'wrong':
    fail('The package cannot be made (--help lists the options):', request.problems);
    break;
  case 'package': {
    try {
      const files = packageFiles(request.options);
      const problems = await packageCheck()(files);
      if (problems.length > 0) fail('Teams would reject the package, so it is not written:', problems);
      writeFileAtomic(target, zipOf(files));
    } catch (error) {
      fail(`The package cannot be made: ${error instanceof Error ? error.message : String(error)}.`);
    }
    process.stdout.write(nextSteps(request.options));
  }
}
