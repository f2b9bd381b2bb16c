import type { TeamsManifestV1D29 as Manifest } from '@microsoft/app-manifest/build/generated-types/teams/TeamsManifestV1D29.js';
import { COMMANDS } from '../../src/messages/command-names.ts';
import { LANGUAGES, type Messages, messagesFor } from '../../src/messages/messages.ts';
import type { TeamsOptions } from './teams-options.ts';

type Bot = NonNullable<Manifest['bots']>[number];
type CommandList = NonNullable<Bot['commandLists']>[number];

/** The language of the manifest itself; every other language has its own file. */
const DEFAULT = messagesFor(undefined);
const OTHERS: readonly Messages[] = Object.values(LANGUAGES).filter((messages) => messages !== DEFAULT);

/** The manifest and one file for each further language, by their names in the package. */
export function manifestFiles(template: string, options: TeamsOptions): Readonly<Record<string, string>> {
  const manifest = makeManifest(template, options);
  const files: Record<string, unknown> = { 'manifest.json': manifest };
  for (const messages of OTHERS) files[fileOf(messages)] = languageFile(manifest, messages, options);
  return Object.fromEntries(Object.entries(files).map(([name, json]) => [name, `${JSON.stringify(json, null, 2)}\n`]));
}

function makeManifest(template: string, options: TeamsOptions): Manifest {
  const { fullName, short: shortDescription, full: fullDescription } = DEFAULT.teamsApp;
  const values = { ...options, fullName: fullName(options.name), shortDescription, fullDescription };
  const { $schema = '', ...rest }: Manifest = JSON.parse(fillIn(template, values));
  const bots = rest.bots?.map((bot) => ({ ...bot, commandLists: commandLists(bot) })) ?? [];
  const additionalLanguages = OTHERS.map((messages) => ({ languageTag: messages.language, file: fileOf(messages) }));
  return { $schema, ...rest, localizationInfo: { defaultLanguageTag: DEFAULT.language, additionalLanguages }, bots };
}

/** Throws for an unknown placeholder. */
function fillIn(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w*)\}\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`the manifest template has an unknown placeholder: ${placeholder}`);
    return JSON.stringify(value).slice(1, -1);
  });
}

/** Teams puts the title into the message, so it is the command itself in every language. */
function commandLists({ scopes }: Bot): CommandList[] {
  const commands = COMMANDS.map((name) => ({
    title: `/${name}`,
    description: DEFAULT.commands.does[name],
    type: 'basic' as const,
  }));
  return scopes.map((scope) => ({ scopes: [scope], commands }));
}

/** The full name is optional in the schema, but Teams requires it (OfficeDev/microsoft-teams-app-schema#162). */
function languageFile({ $schema = '', bots = [] }: Manifest, messages: Messages, { name }: TeamsOptions): unknown {
  const { commands, teamsApp } = messages;
  const descriptions = bots[0]?.commandLists?.flatMap((_, list) =>
    COMMANDS.map((command, at) => [
      `bots[0].commandLists[${list}].commands[${at}].description`,
      commands.does[command],
    ]),
  );
  return {
    $schema: $schema.replace(/[^/]+$/, 'MicrosoftTeams.Localization.schema.json'),
    'name.short': name,
    'name.full': teamsApp.fullName(name),
    'description.short': teamsApp.short,
    'description.full': teamsApp.full,
    ...Object.fromEntries(descriptions ?? []),
  };
}

function fileOf({ language }: Messages): string {
  return `${language}.json`;
}
