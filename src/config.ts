import { readFileSync } from 'node:fs';
import { type HostRule, parseHostRules } from './attachments/allowed-hosts.ts';
import { type Env, EnvReader } from './env.ts';
import { ConfigError } from './errors.ts';
import { checkIdentity, readBotEnv } from './identity-settings.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import { DEFAULT_PRICES, type PriceTable, pricesOf, readPriceTable } from './prices.ts';
import { readStorage, type StorageSettings } from './storage-settings.ts';
import { readTelemetry, type TelemetrySettings } from './telemetry-settings.ts';

/** Where the model is and how to be let in. Plain OpenAI is used only when no Azure variable is set. */
export type ModelEndpoint =
  | { readonly kind: 'azureKey'; readonly endpoint: string; readonly model: string; readonly apiKey: string }
  | { readonly kind: 'azureEntraId'; readonly endpoint: string; readonly model: string; readonly scope: string }
  | { readonly kind: 'openai'; readonly baseUrl: string; readonly model: string; readonly apiKey: string };

/** What every Realtime session is told first. */
export interface SessionSettings {
  readonly instructions: string;
  readonly voice: string;
  /** How it answers: in speech with its transcript, or in writing, which costs less. */
  readonly modality: 'audio' | 'text';
  /** A bound for one reply, 1 to 4096, or `inf`; unset leaves the model's own. */
  readonly maxOutputTokens: number | 'inf' | undefined;
  /** Writes down what people say in voice messages; on Azure the name of a deployment. Unset = nothing does. */
  readonly transcriptionModel?: string | undefined;
}

/** Bounds; `undefined` = none. Money in US dollars. */
export interface LimitSettings {
  readonly turnsPerMinute: number | undefined;
  readonly dayUsd: number | undefined;
  readonly conversationUsd: number | undefined;
  readonly prices: PriceTable;
}

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
  readonly audioMemoryBytes: number;
  /** Whether cards carry a link to the sound that opens outside of the chat client, for whoever has it. */
  readonly audioBrowserLinks: boolean;
  readonly webchatAudio: 'attachment' | 'card';
  readonly historyTurns: number;
  readonly sessionIdleMs: number;
  readonly maxWarmSessions: number;
  readonly turnTimeoutMs: number;
  readonly drainMs: number;
  readonly recordRetentionMs: number;
  readonly storage: StorageSettings;
  readonly telemetry: TelemetrySettings;
  /** Where files that people send may be fetched from, besides what their channels use. */
  readonly attachmentHosts: readonly HostRule[];
  /** Whether they may be fetched from this machine, too: where nobody but its own clients is served. */
  readonly attachmentsFromLoopback: boolean;
  /** What people may do, and what it may cost. */
  readonly limits: LimitSettings;
  readonly logLevel: LogLevel;
  /** What an operator should know of these settings, although they can be used; said once in the log. */
  readonly notices: readonly string[];
}

const DEFAULT_INSTRUCTIONS = 'You are a helpful assistant. You respond by voice and text.';
const DEFAULT_SCOPE = 'https://cognitiveservices.azure.com/.default';
const AZURE_VARIABLES = ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT_NAME', 'AZURE_OPENAI_API_KEY'];

/**
 * Reads the configuration. Throws one ConfigError that lists every problem. `readText` gives the content of a file that
 * a variable names.
 */
export function readConfig(env: Env, readText = (path: string) => readFileSync(path, 'utf8')): Config {
  const read = new EnvReader(env);
  const appId = read.text('MicrosoftAppId');
  const model = readModel(read);
  const onlyLoopback = appId === undefined && !read.flag('ALLOW_UNAUTHENTICATED', false);
  const limits = readLimits(read, model, readText);
  const config: Config = {
    model,
    session: readSession(read, limits),
    botEnv: readBotEnv(read),
    isAuthenticated: appId !== undefined,
    onlyLoopback,
    allowedTenants: read.list('ALLOWED_TENANTS'),
    allowedUsers: read.list('ALLOWED_USERS'),
    directLineEnhancedAuthentication: read.flag('DIRECT_LINE_ENHANCED_AUTHENTICATION', false),
    ...readAddresses(read, appId),
    audioRetentionMs: read.whole('AUDIO_RETENTION_HOURS', 24, { least: 1, most: 8760 }) * 3_600_000,
    audioMemoryBytes: read.whole('AUDIO_MEMORY_MB', 256, { least: 1, most: 65_536 }) * 1_048_576,
    audioBrowserLinks: read.flag('AUDIO_BROWSER_LINKS', true),
    webchatAudio: read.oneOf('WEBCHAT_AUDIO', ['attachment', 'card'] as const, 'attachment'),
    historyTurns: read.whole('HISTORY_TURNS', 40, { least: 0, most: 1000 }),
    sessionIdleMs: read.whole('SESSION_IDLE_SECONDS', 300, { least: 1, most: 3600 }) * 1000,
    maxWarmSessions: read.whole('MAX_WARM_SESSIONS', 100, { least: 1, most: 10_000 }),
    turnTimeoutMs: read.whole('TURN_TIMEOUT_SECONDS', 90, { least: 5, most: 600 }) * 1000,
    drainMs: read.whole('DRAIN_SECONDS', 45, { least: 0, most: 600 }) * 1000,
    recordRetentionMs: read.whole('RECORD_RETENTION_DAYS', 30, { least: 1, most: 3650 }) * 86_400_000,
    storage: readStorage(read),
    telemetry: readTelemetry(read),
    attachmentHosts: readAttachmentHosts(read),
    attachmentsFromLoopback: onlyLoopback,
    limits,
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    notices: readNotices(read),
  };
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return deepFreeze(config);
}

function readModel(read: EnvReader): ModelEndpoint {
  const isAzure = AZURE_VARIABLES.some((name) => read.text(name) !== undefined);
  if (!isAzure && read.text('OPENAI_API_KEY') !== undefined) {
    return {
      kind: 'openai',
      baseUrl: read.url('OPENAI_BASE_URL', 'https://api.openai.com/v1') ?? 'https://api.openai.com/v1',
      model: read.required('OPENAI_MODEL', 'the name of a realtime model, such as gpt-realtime'),
      apiKey: read.text('OPENAI_API_KEY') ?? '',
    };
  }
  read.required(
    'AZURE_OPENAI_ENDPOINT',
    'https://<resource>.openai.azure.com (or set OPENAI_API_KEY and OPENAI_MODEL)',
  );
  const endpoint = read.url('AZURE_OPENAI_ENDPOINT', 'https://<resource>.openai.azure.com', withoutApiPath) ?? '';
  const model = read.required('AZURE_OPENAI_DEPLOYMENT_NAME', 'the name of a deployment of a realtime model');
  const apiKey = read.text('AZURE_OPENAI_API_KEY');
  if (apiKey !== undefined) return { kind: 'azureKey', endpoint, model, apiKey };
  return { kind: 'azureEntraId', endpoint, model, scope: read.text('AZURE_OPENAI_SCOPE') ?? DEFAULT_SCOPE };
}

/**
 * The portal shows the address of a resource with the path of its interface, which the client adds itself. A gateway
 * may be reached at any path, so that of other hosts stays.
 */
function withoutApiPath(address: URL): URL {
  const isOfAzure = /\.azure\.(?:com|us|cn)$/.test(address.hostname);
  if (!isOfAzure || !/^\/openai(?:\/|$)/i.test(address.pathname)) return address;
  const bare = new URL('/', address);
  bare.username = address.username;
  bare.password = address.password;
  return bare;
}

/** What models say at most in one go where a budget has to know it; some would go on for 32,000 tokens. */
const MOST_OUTPUT_TOKENS = 4_096;

function readSession(read: EnvReader, { dayUsd, conversationUsd }: LimitSettings): SessionSettings {
  const isUnbounded = read.text('REALTIME_MAX_OUTPUT_TOKENS') === 'inf';
  const isSet = read.text('REALTIME_MAX_OUTPUT_TOKENS') !== undefined;
  const isBudgeted = dayUsd !== undefined || conversationUsd !== undefined;
  if (isBudgeted && isUnbounded) {
    read.problems.push('REALTIME_MAX_OUTPUT_TOKENS is "inf"; expected a number from 1 to 4096 where a budget is set');
  }
  const bound = isUnbounded ? 'inf' : read.whole('REALTIME_MAX_OUTPUT_TOKENS', 0, { least: 1, most: 4096 });
  return {
    instructions: read.text('REALTIME_INSTRUCTIONS') ?? DEFAULT_INSTRUCTIONS,
    // Which voices exist is the service's to say: a wrong one comes back as a clear error with the first turn.
    voice: read.text('REALTIME_VOICE') ?? 'alloy',
    modality: 'audio',
    maxOutputTokens: isSet ? bound : isBudgeted ? MOST_OUTPUT_TOKENS : undefined,
    transcriptionModel: read.text('REALTIME_TRANSCRIPTION_MODEL'),
  };
}

function readAddresses(read: EnvReader, appId: string | undefined): Pick<Config, 'port' | 'host' | 'publicBaseUrl'> {
  const port = read.whole('PORT', 3978, { least: 0, most: 65_535 });
  const host = read.text('HOST') ?? (appId === undefined ? '127.0.0.1' : undefined);
  checkIdentity(read, appId, host);
  const websiteHost = read.text('WEBSITE_HOSTNAME');
  const fallback = websiteHost !== undefined ? `https://${websiteHost}` : appId === undefined ? 'localhost' : undefined;
  return { port, host, publicBaseUrl: read.url('PUBLIC_BASE_URL', 'https://bot.example.com') ?? fallback };
}

function readLimits(read: EnvReader, { model }: ModelEndpoint, readText: (path: string) => string): LimitSettings {
  const isSet = read.text('MAX_TURNS_PER_MINUTE') !== undefined;
  const turnsPerMinute = read.whole('MAX_TURNS_PER_MINUTE', 0, { least: 1, most: 1000 });
  const dayUsd = read.amount('DAILY_BUDGET_USD');
  const conversationUsd = read.amount('CONVERSATION_BUDGET_USD');
  const prices = readPrices(read, readText);
  const isRead = prices !== undefined;
  const budget = dayUsd !== undefined ? 'DAILY_BUDGET_USD' : 'CONVERSATION_BUDGET_USD';
  const isBounded = dayUsd !== undefined || conversationUsd !== undefined;
  if (isBounded && isRead && model !== '' && pricesOf(prices, model) === undefined) {
    read.problems.push(
      `${budget} is set and no price is known for "${model}"; expected PRICE_TABLE to name a file that has one`,
    );
  }
  return {
    turnsPerMinute: isSet ? turnsPerMinute : undefined,
    dayUsd,
    conversationUsd,
    prices: prices ?? DEFAULT_PRICES,
  };
}

function readAttachmentHosts(read: EnvReader): readonly HostRule[] {
  const rules = parseHostRules(read.list('ATTACHMENT_HOSTS'));
  if (typeof rules !== 'string') return rules;
  read.problems.push(`ATTACHMENT_HOSTS ${rules}`);
  return [];
}

/** `undefined` where the table cannot be used. */
function readPrices(read: EnvReader, readText: (path: string) => string): PriceTable | undefined {
  const path = read.text('PRICE_TABLE');
  if (path === undefined) return DEFAULT_PRICES;
  try {
    return readPriceTable(readText(path).replace(/^\ufeff/, ''));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    read.problems.push(`PRICE_TABLE is "${path}": ${reason}; expected a JSON file as in .env.example`);
    return undefined;
  }
}

function readNotices(read: EnvReader): string[] {
  const notices: string[] = [];
  const hasSecret = read.text('MicrosoftAppPassword') ?? read.text('CertificateThumbprint');
  const isReachable = read.text('PUBLIC_BASE_URL')?.startsWith('https:') || read.text('WEBSITE_HOSTNAME') !== undefined;
  if (read.text('MicrosoftAppId') !== undefined && !isReachable) {
    notices.push(
      'PUBLIC_BASE_URL is no https address: Teams and other channels get the text of answers without their sound',
    );
  }
  const hasList = read.text('ALLOWED_TENANTS') ?? read.text('ALLOWED_USERS');
  if (read.text('MicrosoftAppId') === undefined && hasList !== undefined) {
    notices.push('ALLOWED_TENANTS or ALLOWED_USERS is set without MicrosoftAppId: nobody is answered');
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
