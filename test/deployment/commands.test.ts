import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ZIP_FILE } from '../../dev/packaging/bundle-table.ts';
import { readTeamsRequest } from '../../dev/teams-app/teams-options.ts';
import { commandsOfReadme, optionOf, README, wordsOf } from './commands.ts';
import { CLIENT_ID, deploy, ofType, theOne } from './deployment.ts';
import { readTemplate } from './template.ts';

const template = readTemplate('azuredeploy.json');
const whole = deploy(template);
const commands = commandsOfReadme();
const root = new URL('../../', import.meta.url);
const { scripts, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

function teamsRequest(command: string) {
  const words = wordsOf(command);
  assert.deepEqual(words.slice(0, 4), ['npm', 'run', 'teams-package', '--']);
  return readTeamsRequest(words.slice(4), version);
}

describe("the commands in a deployment's outputs", () => {
  it('deploy the built ZIP to the site', () => {
    const { runNext, siteName } = whole.outputs;
    assert.equal(siteName, theOne(whole, 'Microsoft.Web/sites').resource.name);
    assert.equal(
      runNext,
      `az webapp deploy --resource-group group --name ${siteName} --type zip --src-path ${ZIP_FILE} --clean true --restart true`,
    );
  });

  it('create the Teams app for this bot and host, and ask for the publisher', () => {
    const { thenRun, hostName } = whole.outputs;
    const request = teamsRequest(String(thenRun));
    assert.equal(request.kind, 'package');
    assert.partialDeepStrictEqual(request, {
      options: { botId: CLIENT_ID, host: hostName, developer: '<who runs it>' },
    });
  });
});

describe('the commands of the README', () => {
  it('are lines that every shell accepts, including PowerShell', () => {
    assert.ok(commands.length > 30, `${commands.length} commands`);
    for (const command of commands) {
      assert.doesNotMatch(command, /\\$|&&|\|\|/, command);
      assert.doesNotMatch(command, /(^|\s)@/, command);
    }
  });

  it('name existing scripts, files, parameters and outputs', () => {
    for (const command of commands) {
      const script = /^npm run ([\w-]+)/.exec(command)?.[1];
      assert.ok(script === undefined || script in scripts, command);
      if (!command.startsWith('az deployment group ')) continue;
      const path = optionOf(command, '--template-file')?.replace('deploymentTemplates/', '');
      assert.ok(path !== undefined || command.includes(' show '), command);
      const { parameters } = readTemplate(path ?? 'azuredeploy.json');
      const given = wordsOf(command).filter((word) => /^\w+=/.test(word));
      for (const word of given) assert.ok((word.split('=')[0] ?? '') in parameters, command);
    }
    const places = [...README.matchAll(/<(siteName|hostName|botAppId|identity\w+|databaseServer)>/g)];
    assert.ok(places.length > 0);
    for (const [, name = ''] of places) assert.ok(name in whole.outputs, name);
  });

  it('make a package that the tool accepts, with its publisher', () => {
    const made = commands.filter((command) => command.startsWith('npm run teams-package -- '));
    assert.ok(made.length >= 2);
    for (const command of made) {
      const filled = command
        .replace(/<(?:botAppId|appId)>/, CLIENT_ID)
        .replace(/<(?:hostName|host of the tunnel)>/, 'x.example.com');
      const request = teamsRequest(filled);
      assert.equal(request.kind, 'package', command);
      assert.partialDeepStrictEqual(request, { options: { botId: CLIENT_ID, developer: '<who runs it>' } });
    }
  });

  it('deploy the built ZIP, after a backup of the earlier one', () => {
    const paths = commands.map((command) => optionOf(command, '--src-path')).filter((path) => path !== undefined);
    const kept = commands.map((command) => new RegExp(`^cp ${ZIP_FILE} (\\S+)$`).exec(command)?.[1]).find(Boolean);
    assert.deepEqual([...new Set(paths)].sort(), [ZIP_FILE, kept].sort());
  });

  it("give a laptop's registration what a secret needs, in this order", () => {
    const steps = ['az ad app create', 'az ad sp create', 'az ad app credential reset', 'az ad app delete'];
    const places = steps.map((step) => commands.findIndex((command) => command.startsWith(step)));
    assert.ok(!places.includes(-1), places.join());
    assert.deepEqual(
      [...places.slice(0, 3)].sort((a, b) => a - b),
      places.slice(0, 3),
    );
    for (const step of ['devtunnel host', 'devtunnel delete', 'az bot delete'])
      assert.ok(
        commands.some((command) => command.startsWith(step)),
        step,
      );
  });
});

/** The text of all files in a folder. */
function sourceOf(folder: URL): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return files.map((path) => readFileSync(new URL(path, folder), 'utf8')).join('');
}

describe('the rest of the README', () => {
  it('quotes log lines that the bot writes', () => {
    const source = sourceOf(new URL('src/', root));
    const [, alerts = ''] = /### When an alert fires\n([^#]+)/.exec(README) ?? [];
    const quoted = [...alerts.matchAll(/"([^"]+)"/g)].map(([, line = '']) => line);
    assert.ok(quoted.length > 5);
    for (const line of [...quoted, 'database connected']) assert.ok(source.includes(`'${line}'`), line);
  });

  it('describes each value of the parameter database', () => {
    for (const value of template.parameters['database']?.allowedValues ?? [])
      assert.match(README, new RegExp(`^\\| \`${value}\``, 'm'));
  });

  it('names the alerts and the tables of the logs', () => {
    const alerts = ofType(whole, 'Microsoft.Insights/metricAlerts').map(({ resource }) => resource.name);
    const named = [...README.matchAll(/`…(-[a-z-]+)`/g)].map((found) => `${whole.outputs['siteName']}${found[1]}`);
    assert.deepEqual(named.sort(), [...alerts].sort());
    const sent = JSON.stringify(ofType(whole, 'Microsoft.Insights/diagnosticSettings'));
    const tables = [...README.matchAll(/^(AppService\w+)/gm)].map((found) => found[1] ?? '');
    assert.ok(tables.length >= 2);
    for (const table of tables) assert.ok(sent.includes(`"${table}"`), table);
  });
});
