import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import { type HostRule, parseHostRules } from './allowed-hosts.ts';
import { budgetNotices } from './budget-notices.ts';
import { type DatabaseSettings, readDatabase } from './database-settings.ts';
import { type Env, EnvReader } from './env.ts';
import { checkIdentity, readBotEnv, readTenants } from './identity-settings.ts';
import { type LimitSettings, readLimits } from './limit-settings.ts';
import { type ModelEndpoint, readModel, readSession, type SessionSettings } from './model-settings.ts';
import { type ProxySettings, readProxy } from './proxy-settings.ts';
import { readBlobUrl } from './storage-settings.ts';
import { readTelemetry, type TelemetrySettings } from './telemetry-settings.ts';
import { unknownSettings } from './unknown-settings.ts';

export type { ModelEndpoint, SessionSettings } from './model-settings.ts';

/** After the grace for running turns: the time for the last replies to go out. */
export const LAST_SENDS_MS = 20_000;

/** All settings, read once and frozen; times in milliseconds, sizes in bytes. */
export interface Config {
  readonly model: ModelEndpoint;
  readonly session: SessionSettings;
  /** The bot's identity, handed to botbuilder unchanged. */
  readonly botEnv: Env;
  /** False without an app id. */
  readonly isAuthenticated: boolean;
  /** Without an app id: whether clients on this machine alone are served, and not whoever reaches the port. */
  readonly onlyLoopback: boolean;
  readonly allowedTenants: readonly string[];
  readonly allowedUsers: readonly string[];
  /** Whether the operator says that Direct Line's enhanced authentication is on: then ids of its tokens are believed. */
  readonly directLineEnhancedAuthentication: boolean;
  readonly port: number;
  /** Unset = all interfaces. */
  readonly host: string | undefined;
  /** Where users reach `/audio`, without a trailing slash; `localhost` = http on the port that is really listened to. */
  readonly publicBaseUrl: string | 'localhost' | undefined;
  readonly audioRetentionMs: number;
  /** Bound of all reply audio in the memory of the process. */
  readonly audioMemoryBytes: number;
  /** Bound of all reply audio in the database. */
  readonly audioStoreBytes: number;
  /** Whether cards carry a link to the sound that opens outside of the chat client, for whoever has it. */
  readonly audioBrowserLinks: boolean;
  readonly webchatAudio: 'attachment' | 'card';
  readonly historyTurns: number;
  readonly sessionIdleMs: number;
  readonly maxWarmSessions: number;
  readonly turnTimeoutMs: number;
  readonly drainMs: number;
  readonly recordRetentionMs: number;
  /** The storage account of reply audio, without a trailing slash; unset = the database, or memory. */
  readonly azureStorageBlobUrl: string | undefined;
  /** Unset = everything is kept in memory, and ends with the process. */
  readonly database: DatabaseSettings | undefined;
  readonly telemetry: TelemetrySettings;
  /** Where files that people send may be fetched from, besides what their channels use. */
  readonly attachmentHosts: readonly HostRule[];
  /** Whether they may be fetched from this machine, too: where nobody but its own clients is served. */
  readonly attachmentsFromLoopback: boolean;
  /** For the model and for files that people send; unset = connect directly. */
  readonly proxy: ProxySettings | undefined;
  /** What people may do, and what it may cost. */
  readonly limits: LimitSettings;
  readonly logLevel: LogLevel;
  /** What an operator should know of these settings, although they can be used; said once in the log. */
  readonly notices: readonly string[];
}

/** Variables that libraries read by themselves. */
const LIBRARY_VARIABLES = [
  'AZURE_AUTHORITY_HOST',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_TENANT_ID',
  'AZURE_TOKEN_CREDENTIALS',
];

/**
 * Reads the configuration. Throws one ConfigError that lists every problem. `readText` gives the content of a file that
 * a variable names; `envNotices` are what was noticed about the environment while it was read.
 */
export function readConfig(
  env: Env,
  readText = (path: string) => readFileSync(path, 'utf8'),
  envNotices: readonly string[] = [],
): Config {
  const read = new EnvReader(env);
  const appId = read.text('MicrosoftAppId');
  const model = readModel(read);
  const limits = readLimits(read, model.model, readText);
  const onlyLoopback = appId === undefined && !read.flag('ALLOW_UNAUTHENTICATED', false);
  const session = readSession(read, limits);
  read.notices.push(...budgetNotices(limits, session, model.model));
  const config: Config = {
    model,
    session,
    botEnv: readBotEnv(read),
    isAuthenticated: appId !== undefined,
    onlyLoopback,
    allowedTenants: readTenants(read),
    allowedUsers: read.list('ALLOWED_USERS'),
    directLineEnhancedAuthentication: read.flag('DIRECT_LINE_ENHANCED_AUTHENTICATION', false),
    ...readAddresses(read, appId),
    audioRetentionMs: read.whole('AUDIO_RETENTION_HOURS', 24, { least: 1, most: 8760 }) * 3_600_000,
    audioMemoryBytes: read.whole('AUDIO_MEMORY_MB', 256, { least: 1, most: 65_536 }) * 1_048_576,
    audioStoreBytes: read.whole('AUDIO_STORE_MB', 2048, { least: 1, most: 65_536 }) * 1_048_576,
    audioBrowserLinks: read.flag('AUDIO_BROWSER_LINKS', true),
    webchatAudio: read.oneOf('WEBCHAT_AUDIO', ['attachment', 'card'] as const, 'attachment'),
    historyTurns: read.whole('HISTORY_TURNS', 40, { least: 0, most: 1000 }),
    sessionIdleMs: read.whole('SESSION_IDLE_SECONDS', 300, { least: 1, most: 3600 }) * 1000,
    maxWarmSessions: read.whole('MAX_WARM_SESSIONS', 100, { least: 1, most: 10_000 }),
    turnTimeoutMs: read.whole('TURN_TIMEOUT_SECONDS', 90, { least: 5, most: 600 }) * 1000,
    drainMs: read.whole('DRAIN_SECONDS', 45, { least: 0, most: 600 }) * 1000,
    recordRetentionMs: read.whole('RECORD_RETENTION_DAYS', 30, { least: 1, most: 3650 }) * 86_400_000,
    azureStorageBlobUrl: readBlobUrl(read),
    database: readDatabase(read),
    telemetry: readTelemetry(read),
    attachmentHosts: readAttachmentHosts(read),
    attachmentsFromLoopback: onlyLoopback,
    proxy: readProxy(read),
    limits,
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    notices: [...envNotices, ...readNotices(read), ...read.notices, ...unknownSettings(env, namesRead(read))],
  };
  const problems = read.listProblems();
  if (problems.length > 0) throw new ConfigError([...problems, ...envNotices]);
  return deepFreeze(config);
}

/** An unresolved reference to a secret in those of libraries fails only with the first token that is asked for. */
function namesRead(read: EnvReader): ReadonlySet<string> {
  for (const name of LIBRARY_VARIABLES) read.text(name);
  return read.names;
}

function readAddresses(read: EnvReader, appId: string | undefined): Pick<Config, 'port' | 'host' | 'publicBaseUrl'> {
  const port = read.whole('PORT', 3978, { least: 0, most: 65_535 });
  const host = read.text('HOST') ?? (appId === undefined ? '127.0.0.1' : undefined);
  checkIdentity(read, appId, host);
  const websiteHost = read.text('WEBSITE_HOSTNAME');
  const fallback = websiteHost !== undefined ? `https://${websiteHost}` : appId === undefined ? 'localhost' : undefined;
  const publicBaseUrl = read.url('PUBLIC_BASE_URL', 'https://bot.example.com');
  // What the resource of the bot is set to, and easily taken along.
  if (/\/api\/messages$/i.test(publicBaseUrl ?? ''))
    read.problems.push('PUBLIC_BASE_URL ends in /api/messages; expected the address without /api/messages');
  return { port, host, publicBaseUrl: publicBaseUrl ?? fallback };
}

function readAttachmentHosts(read: EnvReader): readonly HostRule[] {
  const rules = parseHostRules(read.list('ATTACHMENT_HOSTS'));
  if (typeof rules !== 'string') return rules;
  read.problems.push(`ATTACHMENT_HOSTS ${rules}`);
  return [];
}

function readNotices(read: EnvReader): string[] {
  const notices: string[] = [];
  const hasSecret = read.text('MicrosoftAppPassword') ?? read.text('CertificateThumbprint');
  const isReachable = read.text('PUBLIC_BASE_URL')?.startsWith('https:') || read.text('WEBSITE_HOSTNAME') !== undefined;
  if (read.text('MicrosoftAppId') !== undefined && !isReachable) {
    notices.push(
      'PUBLIC_BASE_URL is not set, or no https address: Teams and other channels get the text of answers without their sound',
    );
  }
  const isTypeMissing = read.text('MicrosoftAppType') === undefined && read.text('MicrosoftAppTenantId') !== undefined;
  if (read.text('MicrosoftAppId') !== undefined && isTypeMissing) {
    notices.push('MicrosoftAppType is not set and MicrosoftAppTenantId is: the bot is taken as SingleTenant');
  }
  const hasList = read.text('ALLOWED_TENANTS') ?? read.text('ALLOWED_USERS');
  if (read.text('MicrosoftAppId') === undefined && hasList !== undefined) {
    notices.push('ALLOWED_TENANTS or ALLOWED_USERS is set without MicrosoftAppId: nobody is answered');
  }
  if (/[^\s,]@[^\s,]/.test(read.text('ALLOWED_USERS') ?? '')) {
    notices.push(
      'ALLOWED_USERS holds an address; Teams names people by their Entra ID object ids alone, as "az ad user show --id <address> --query id" prints them',
    );
  }
  if (read.text('AZURE_STORAGE_BLOB_URL') !== undefined && read.text('DATABASE_URL') === undefined) {
    notices.push(
      'AZURE_STORAGE_BLOB_URL is set without DATABASE_URL: only reply audio is stored; conversations, waiting messages and budgets end with the process',
    );
  }
  const isManaged = read.text('MicrosoftAppType')?.toLowerCase() === 'userassignedmsi';
  if (read.text('MicrosoftAppId') !== undefined && hasSecret === undefined && !isManaged) {
    notices.push('MicrosoftAppId is set without MicrosoftAppPassword or a certificate: replies cannot be sent');
  }
  return notices;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) deepFreeze(inner);
  }
  return Object.freeze(value);
}
