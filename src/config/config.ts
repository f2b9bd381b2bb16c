import { ConfigError } from '../errors.ts';
import { LOG_LEVELS } from '../log.ts';
import { type HostRule, parseHostRules } from './allowed-hosts.ts';
import { readDatabase } from './database-settings.ts';
import { type Env, EnvReader } from './env.ts';
import { readIdentity } from './identity-settings.ts';
import { readLimits } from './limit-settings.ts';
import { readModel, readSession } from './model-settings.ts';
import { noticesOf } from './notices.ts';
import { readProxy } from './proxy-settings.ts';
import { readTelemetry } from './telemetry-settings.ts';
import { readTools } from './tools-settings.ts';
import { SOMETIMES_READ, unknownSettings } from './unknown-settings.ts';

export type { ModelEndpoint, SessionSettings } from './model-settings.ts';

/** The time for the last replies to go out, after the grace for running turns. */
export const LAST_SENDS_MS = 20_000;

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MEGABYTE = 1_048_576;
/** Stands for the address of the bot on this machine: with PORT=0 the port is known only once the bot listens. */
export const OWN_PORT_URL = 'http://localhost:<PORT>';

/**
 * All settings, read once and frozen; times in milliseconds, sizes in bytes. `notices` are warnings for the operator.
 */
export type Config = Readonly<ReturnType<typeof readSettings>> & { readonly notices: readonly string[] };

/**
 * Reads the configuration. Throws one ConfigError that lists every problem. `envNotices` are notices about the
 * environment itself, such as those of `loadDotEnv`. Settings for which `isUsed` returns false count as unset.
 */
export function readConfig(env: Env, envNotices: readonly string[] = [], isUsed?: (name: string) => boolean): Config {
  const reader = new EnvReader(env, isUsed);
  const settings = readSettings(reader);
  const unknown = unknownSettings(env, reader.names);
  const notices = [...envNotices, ...noticesOf(reader, settings), ...reader.notices, ...unknown];
  const problems = reader.listProblems();
  // A misspelled name may be the reason why a setting is missing.
  if (problems.length > 0) throw new ConfigError(problems, 'config_invalid', [...envNotices, ...unknown]);
  return deepFreeze({ ...settings, notices });
}

/** The names of all settings. */
export function settingNames(): ReadonlySet<string> {
  const reader = new EnvReader({});
  readSettings(reader);
  return new Set([...reader.names, ...SOMETIMES_READ]);
}

function readSettings(reader: EnvReader) {
  const model = readModel(reader);
  const limits = readLimits(reader, model.model);
  return {
    model,
    session: readSession(reader, limits),
    limits,
    tools: readTools(reader),
    ...readIdentity(reader),
    ...readAddresses(reader),
    ...readAudio(reader),
    historyTurns: reader.whole('HISTORY_TURNS', 40, { min: 0, max: 1000 }),
    /** How long conversations are kept after their last message or command, and how long dead letters are kept. */
    recordRetentionMs: reader.whole('RECORD_RETENTION_DAYS', 30, { min: 1, max: 3650 }) * DAY_MS,
    sessionIdleMs: reader.whole('SESSION_IDLE_SECONDS', 300, { min: 1, max: 3600 }) * SECOND_MS,
    maxWarmSessions: reader.whole('MAX_WARM_SESSIONS', 100, { min: 1, max: 10_000 }),
    turnTimeoutMs: reader.whole('TURN_TIMEOUT_SECONDS', 90, { min: 5, max: 600 }) * SECOND_MS,
    drainMs: reader.whole('DRAIN_SECONDS', 45, { min: 0, max: 600 }) * SECOND_MS,
    /** Unset: everything is kept in memory and lost when the process ends. */
    database: readDatabase(reader),
    /** Unset: spans and metrics are not sent. */
    telemetry: readTelemetry(reader),
    /** The proxy for all connections except those to the database. Unset: connect directly. */
    proxy: readProxy(reader),
    logLevel: reader.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  };
}

function readAddresses(reader: EnvReader) {
  const hasAppId = reader.text('MicrosoftAppId') !== undefined;
  const website = reader.text('WEBSITE_HOSTNAME');
  const fallback = website === undefined ? (hasAppId ? undefined : OWN_PORT_URL) : `https://${website}`;
  const publicBaseUrl = reader.url('PUBLIC_BASE_URL', 'https://bot.example.com');
  // The endpoint in the bot's Azure resource has this ending and is easily copied.
  if (/\/api\/messages$/i.test(publicBaseUrl ?? ''))
    reader.problems.push('PUBLIC_BASE_URL ends in /api/messages; expected the address without /api/messages');
  return {
    port: reader.whole('PORT', 3978, { min: 0, max: 65_535 }),
    /** Where users reach `/audio`, without a trailing slash, or OWN_PORT_URL. */
    publicBaseUrl: publicBaseUrl ?? fallback,
    /** A page with a chat client, to which the bot's page `/` leads. */
    chatPageUrl: reader.url('CHAT_PAGE_URL', 'https://chat.example.com'),
    /** The hosts that files may be fetched from, besides those of the channels. */
    attachmentHosts: readAttachmentHosts(reader),
  };
}

function readAttachmentHosts(reader: EnvReader): readonly HostRule[] {
  const rules = parseHostRules(reader.list('ATTACHMENT_HOSTS'));
  if (typeof rules !== 'string') return rules;
  reader.problems.push(`ATTACHMENT_HOSTS ${rules}`);
  return [];
}

function readAudio(reader: EnvReader) {
  if (reader.text('AZURE_STORAGE_CONNECTION_STRING') !== undefined)
    reader.problems.push(
      'AZURE_STORAGE_CONNECTION_STRING is no longer supported; expected DATABASE_URL, and AZURE_STORAGE_BLOB_URL to keep reply audio in Azure Blob Storage',
    );
  const blobUrl = reader.url('AZURE_STORAGE_BLOB_URL', 'https://<account>.blob.core.windows.net');
  if (blobUrl?.startsWith('http:'))
    reader.problems.push('AZURE_STORAGE_BLOB_URL is not an https address; expected one, because a token is sent there');
  return {
    audioRetentionMs: reader.whole('AUDIO_RETENTION_HOURS', 24, { min: 1, max: 8760 }) * HOUR_MS,
    /** Limits all reply audio in the memory of the process. */
    audioMemoryBytes: reader.whole('AUDIO_MEMORY_MB', 256, { min: 1, max: 65_536 }) * MEGABYTE,
    /** Limits all reply audio in the database: a full disk would turn its server read-only. */
    audioStoreBytes: reader.whole('AUDIO_STORE_MB', 2048, { min: 1, max: 65_536 }) * MEGABYTE,
    /** Whether cards carry a link to the audio that opens outside the chat client, for anyone who has it. */
    audioBrowserLinks: reader.flag('AUDIO_BROWSER_LINKS', true),
    webchatAudio: reader.oneOf('WEBCHAT_AUDIO', ['attachment', 'card'], 'attachment'),
    /** The storage account of reply audio, without a trailing slash. Unset: the database or memory stores it. */
    azureStorageBlobUrl: blobUrl,
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) deepFreeze(inner);
  }
  return Object.freeze(value);
}
