import { parseArgs } from 'node:util';
import { EnvReader } from '../../src/config/env.ts';
import { publicHost } from '../public-host.ts';
import { appIdOf } from './teams-app-id.ts';

export const USAGE = `Usage: npm run teams-package -- --bot-id GUID --host HOST [options]

Writes out/teams-app.zip, the app of the bot for Microsoft Teams.

  --bot-id GUID       the Microsoft App ID of the bot (MicrosoftAppId)
  --host HOST         the public host of the bot, such as bot.example.com (that of PUBLIC_BASE_URL)
  --app-id GUID       the id of the app in Teams (default: derived from the bot id)
  --version X.Y.Z     the version of the app (default: that of package.json); an update needs a higher one
  --name TEXT         the name of the app, up to 30 characters (default: "Realtime Voice Bot")
  --developer TEXT    who runs the bot, up to 32 characters (default: "Realtime Voice Bot")
  --website URL       the website of the app (default: the bot's own page, https://HOST/about)
  --privacy URL       the privacy statement (default: https://HOST/about#privacy)
  --terms URL         the terms of use (default: https://HOST/about#terms)
  --help              print this`;

/** The values of an app package. */
export interface TeamsOptions {
  readonly botId: string;
  readonly appId: string;
  readonly host: string;
  readonly version: string;
  readonly name: string;
  readonly developer: string;
  readonly website: string;
  readonly privacy: string;
  readonly terms: string;
}

/** A request for a package, for the usage, or one that has problems. */
export type TeamsRequest =
  | { readonly kind: 'package'; readonly options: TeamsOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] };

const NAMES = ['bot-id', 'host', 'app-id', 'version', 'name', 'developer', 'website', 'privacy', 'terms'] as const;
type Name = `--${(typeof NAMES)[number]}`;
/** A missing value of these is reported by `readGuid` and `readHost`, with what is expected. */
const REQUIRED: readonly string[] = ['bot-id', 'host'];

/** The default for the app and for its developer. */
export const DEFAULT_NAME = 'Realtime Voice Bot';
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Teams rejects the pre-release versions of semver (OfficeDev/microsoft-teams-app-schema#174) and 0.0.0. */
export const VERSION = /^(?!0\.0\.0$)(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}$/;
const MAX_NAME_CHARS = 30;
const MAX_DEVELOPER_CHARS = 32;
const MAX_URL_CHARS = 2_048;
/** A placeholder for a missing id, so that the other options are checked as well. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Reads the command line. `packageVersion`: the version in package.json. */
export function readTeamsRequest(args: readonly string[], packageVersion: string): TeamsRequest {
  const { values, isHelpAsked, problems } = readArguments(args);
  if (isHelpAsked) return { kind: 'help' };
  const read = new EnvReader(values);
  const options = toTeamsOptions(read, packageVersion);
  const all = [...problems, ...read.listProblems()];
  return all.length > 0 ? { kind: 'wrong', problems: all } : { kind: 'package', options };
}

/** Reads the tokens: `parseArgs` itself would stop at the first problem. */
function readArguments(args: readonly string[]) {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true });
  const values: Partial<Record<Name, string>> = {};
  const problems: string[] = [];
  let isHelpAsked = false;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind === 'positional') problems.push(`"${token.value}" belongs to no option`);
    if (token?.kind !== 'option') continue;
    const next = tokens[at + 1];
    const value = token.value ?? (next?.kind === 'positional' ? next.value : undefined);
    const name = NAMES.find((each) => token.rawName === `--${each}`);
    if (token.rawName === '--help') isHelpAsked = true;
    else if (name === undefined) problems.push(`${token.rawName} is not an option of this command`);
    else if (value === undefined || value.trim() === '') {
      if (!REQUIRED.includes(name)) problems.push(`${token.rawName} has no value`);
    } else if (values[`--${name}`] !== undefined) problems.push(`${token.rawName} is given twice`);
    else values[`--${name}`] = value;
    if (token.value === undefined && next?.kind === 'positional' && token.rawName !== '--help') at++;
  }
  return { values, isHelpAsked, problems };
}

function toTeamsOptions(read: EnvReader, packageVersion: string): TeamsOptions {
  const botId = readGuid(read, '--bot-id', 'the Microsoft App ID of the bot') ?? NO_ID;
  const host = readHost(read);
  return {
    botId,
    host,
    appId: read.text('--app-id') === undefined ? appIdOf(botId) : (readGuid(read, '--app-id', 'an id') ?? NO_ID),
    version: readVersion(read) ?? packageVersion.replace(/[-+].*/, ''),
    name: readText(read, '--name', MAX_NAME_CHARS),
    developer: readText(read, '--developer', MAX_DEVELOPER_CHARS),
    website: readUrl(read, '--website') ?? `https://${host}/about`,
    privacy: readUrl(read, '--privacy') ?? `https://${host}/about#privacy`,
    terms: readUrl(read, '--terms') ?? `https://${host}/about#terms`,
  };
}

function readGuid(read: EnvReader, name: Name, what: string): string | undefined {
  const expected = `${what}, such as 8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90`;
  const text = read.required(name, expected);
  if (GUID.test(text.toLowerCase())) return text.toLowerCase();
  if (text !== '') read.problems.push(`${name} is "${text}"; expected ${expected}`);
  return undefined;
}

function readHost(read: EnvReader): string {
  const expected =
    'the public DNS name of the bot, such as bot.example.com (no path, no port, no IP address, no private name such as localhost or bot.internal, and no bare platform name such as azurewebsites.net)';
  const text = read.required('--host', expected);
  const host = publicHost(text);
  if (text !== '' && host === undefined) read.problems.push(`--host is "${text}"; expected ${expected}`);
  return host ?? '';
}

function readVersion(read: EnvReader): string | undefined {
  const version = read.text('--version');
  if (version !== undefined && !VERSION.test(version))
    read.problems.push(
      `--version is "${version}"; expected three numbers such as 1.0.2, above 0.0.0: Teams accepts no other`,
    );
  return version;
}

function readText(read: EnvReader, name: Name, maxChars: number): string {
  const text = read.text(name) ?? DEFAULT_NAME;
  // Control characters include marks that change the text direction.
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text))
    read.problems.push(`${name} has invisible characters; expected one line of up to ${maxChars}`);
  else if (text.length > maxChars)
    read.problems.push(`${name} has ${text.length} characters; expected one line of up to ${maxChars}`);
  return text;
}

function readUrl(read: EnvReader, name: Name): string | undefined {
  const text = read.text(name);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.href.length <= MAX_URL_CHARS)
    return url.href;
  read.problems.push(`${name} is not an https address; expected one such as https://www.example.com/privacy`);
  return undefined;
}
