import { createPictureReader } from './attachments/picture.ts';
import type { FileReaders } from './attachments/reader.ts';
import { Slots } from './attachments/slots.ts';
import { createClipDecoder } from './audio/clip/clip-decoder.ts';
import { VoiceBot } from './bot.ts';
import { VoiceAdapter } from './channel/adapter.ts';
import { keepEntityProperties } from './channel/entity-patch.ts';
import { FileSaver } from './channel/file-saver.ts';
import { createResponders, type Responders } from './channel/respond.ts';
import { SEND_TIMEOUT_MS } from './channel/send-policy.ts';
import { createFileFetcher } from './channel/sent-files.ts';
import { ServiceUrls } from './channel/service-urls.ts';
import { talkWays } from './channel/talk-way.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { Budgets } from './conversation/budgets.ts';
import { Conversations } from './conversation/conversations.ts';
import { Leases } from './conversation/leases.ts';
import { TurnRate } from './conversation/limits/turn-rate.ts';
import { createRecordings } from './conversation/recordings/recordings.ts';
import { Spending } from './conversation/spending.ts';
import { Takeover } from './conversation/takeover.ts';
import { FILE_BOUNDS } from './conversation/turn/read-attachments.ts';
import { aboutFacts } from './http/pages/about/route.ts';
import { createHttpServer, type HttpOptions } from './http/server.ts';
import { type Ids, randomIds } from './ids.ts';
import type { Build } from './installation.ts';
import type { Logger } from './log.ts';
import { connectionOpener } from './realtime/connection.ts';
import { entraIdTokens, preloadClient, type TokenProvider, toRealtimeTarget } from './realtime/endpoint.ts';
import { SessionPool } from './realtime/pool.ts';
import { RealtimeSession } from './realtime/session.ts';
import { openStores, type Stores } from './stores.ts';
import { openAzureMonitor } from './telemetry/azure-monitor.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** What the program is given: its settings, and what a test may exchange. */
export interface AppDeps {
  readonly config: Config;
  readonly log: Logger;
  /** Reported by `/health`. */
  readonly build: Build;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly random?: () => number;
  /** Where access tokens of Entra ID come from, by scope. */
  readonly tokens?: (scope: string) => TokenProvider;
  /** Made from the settings unless given. */
  readonly telemetry?: Telemetry;
  /** Where programs are looked for, as in `PATH`: `ffmpeg` is one. */
  readonly searchPath?: string | undefined;
  /** For files that go to the file service of a user. */
  readonly fetch?: typeof fetch;
}

/** The whole bot. */
export interface App {
  /** Listens; resolves with the port. */
  start(): Promise<number>;
  /** Drains (see design: running turns finish, waiting ones are told), then closes everything. Safe to call twice. */
  close(): Promise<void>;
}

type Parts = Required<Omit<AppDeps, 'searchPath'>> & {
  /** Names this process among all that share a storage. */
  readonly instance: string;
};

/** After the first questions of a load balancer were answered. */
const PRELOAD_AFTER_MS = 250;

/** Joins the parts. Reads no environment and does nothing until it is started. */
export function createApp(deps: AppDeps): App {
  const defaults = { clock: systemClock, ids: randomIds, random: Math.random, tokens: entraIdTokens, fetch };
  const given = { ...defaults, instance: randomIds.secret(), ...deps };
  const parts = { ...given, telemetry: deps.telemetry ?? createTelemetry(given) };
  const { config, clock, log, telemetry } = parts;
  let port = config.port;
  const publicBaseUrl = () =>
    config.publicBaseUrl === 'localhost' ? `http://localhost:${port}` : config.publicBaseUrl;

  const stores = openStores(parts);
  const channel = createChannel(parts, publicBaseUrl);
  const readers = {
    clips: createClipDecoder({ clock, log, searchPath: deps.searchPath }),
    pictures: createPictureReader({ clock, log }),
  };
  const { conversations, takeover, openSessions } = createConversations(parts, stores, channel, readers, publicBaseUrl);
  const http = createHttpServer({
    deliver: createDelivery(parts, stores, conversations, channel, publicBaseUrl),
    audioStore: stores.audioStore,
    recordings: createRecordings({ ...stores, ...readers, ...channel.responders, conversations, clock, log }),
    about: aboutFacts(config),
    build: deps.build,
    clock,
    isDraining: () => conversations.isDraining,
    verifyToken: config.isAuthenticated ? (authorization) => channel.adapter.verifyToken(authorization) : undefined,
    onlyLoopback: config.onlyLoopback,
    publicHost: hostnameOf(config.publicBaseUrl),
    log,
  });
  return {
    async start() {
      port = await http.listen(config.port, config.host);
      stores.start();
      takeover.start();
      clock.after(PRELOAD_AFTER_MS, () => void preload(parts, openSessions));
      return port;
    },
    async close() {
      await Promise.all([takeover.close(), conversations.drain(config.drainMs)]);
      await http.close();
      await Promise.all([readers.clips.close(), readers.pictures.close()]);
      stores.close();
      await telemetry.close();
    },
  };
}

/** The telemetry behind the client: a first user waits for the one, and for the other nobody does. */
async function preload({ config, log, telemetry }: Parts, openSessions: () => number): Promise<void> {
  await preloadClient(config.model).catch((err: unknown) => log.error({ err }, 'client library not loaded'));
  telemetry.start(openSessions);
}

function createTelemetry({ config, clock, log, tokens }: Omit<Parts, 'telemetry'>): Telemetry {
  const { telemetry: settings, model } = config;
  const open = settings.kind === 'azureMonitor' ? () => openAzureMonitor(settings, tokens, log) : undefined;
  return new Telemetry({ clock, log, model, open });
}

function createConversations(
  parts: Parts,
  { records, pending, audioStore, invitations, spending: shared, isShared }: Stores,
  { adapter, responders }: Channel,
  readers: FileReaders,
  publicBaseUrl: () => string | undefined,
): { conversations: Conversations; takeover: Takeover; openSessions: () => number } {
  const { config, clock, ids, log, random, tokens, telemetry } = parts;
  const { historyTurns, turnTimeoutMs, maxWarmSessions: mostKnown } = config;
  const open = connectionOpener(toRealtimeTarget(config.model, tokens, config.proxy), clock);
  const pool = new SessionPool({
    open: (signal) => RealtimeSession.open({ open, settings: config.session, clock, ids, log }, signal),
    clock,
    idleMs: config.sessionIdleMs,
    maxSessions: config.maxWarmSessions,
    turnMs: turnTimeoutMs,
    onClosed: (reason) => telemetry.sessionClosed(reason),
  });
  const { limits, session: settings, model } = config;
  const leases = new Leases({ records, clock, log, isShared, pool, instance: parts.instance, mostKnown });
  const rate = new TurnRate(clock, limits.turnsPerMinute);
  const spending = new Spending(new Budgets({ clock, ...limits }), limits.prices, model.model, shared);
  const bounds = { historyTurns, turnTimeoutMs, rate, spending };
  const kept = { leases, pending, audioStore, invitations };
  const { attachmentHosts: hosts, attachmentsFromLoopback: allowLoopback, proxy } = config;
  const fetchFile = createFileFetcher({ adapter, hosts, allowLoopback, proxy, clock, log });
  const ways = { later: responders.later, wayToTalk: talkWays(publicBaseUrl) };
  const files = { readers, fetchFile, fileSlots: new Slots(FILE_BOUNDS) };
  const turns = { pool, ...kept, clock, ids, log, telemetry, random, settings, ...ways, ...files, ...bounds };
  const conversations = new Conversations(turns);
  const takeover = new Takeover({ pending, leases, conversations, clock, log, random });
  return { conversations, takeover, openSessions: () => pool.openCount };
}

/** What speaks Bot Framework. */
interface Channel {
  readonly adapter: VoiceAdapter;
  readonly responders: Responders;
  readonly serviceUrls: ServiceUrls;
}

function createChannel(parts: Parts, publicBaseUrl: () => string | undefined): Channel {
  const { config, clock, log, random, telemetry } = parts;
  const { botEnv, turnTimeoutMs, webchatAudio, audioBrowserLinks: browserLinks } = config;
  if (!keepEntityProperties()) log.error('botbuilder is not the version that the entity patch is made for');
  const adapter = new VoiceAdapter({ botEnv, clock, log, random, turnTimeoutMs, telemetry });
  const serviceUrls = new ServiceUrls();
  const sendLimitMs = sendLimitOf(config);
  const ways = { adapter, clock, log, webchatAudio, browserLinks, publicBaseUrl, serviceUrls, sendLimitMs };
  return { adapter, serviceUrls, responders: createResponders(ways) };
}

function hostnameOf(publicBaseUrl: string | undefined): string | undefined {
  return URL.canParse(publicBaseUrl ?? '') ? new URL(publicBaseUrl ?? '').hostname : undefined;
}

function sendLimitOf({ turnTimeoutMs }: Config): number {
  return turnTimeoutMs + SEND_TIMEOUT_MS;
}

/** The way of an activity to the bot. */
function createDelivery(
  parts: Parts,
  { audioStore, invitations }: Stores,
  conversations: Conversations,
  { adapter, responders, serviceUrls }: Channel,
  publicBaseUrl: () => string | undefined,
): HttpOptions['deliver'] {
  const { config, clock, ids, log, fetch } = parts;
  const allowList = { tenants: config.allowedTenants, users: config.allowedUsers };
  const files = new FileSaver({ audioStore, clock, ids, log, fetch, sendLimitMs: sendLimitOf(config) });
  const invokes = { audioStore, invitations, clock, log, publicBaseUrl };
  const vouching = { hasEnhancedAuthentication: config.directLineEnhancedAuthentication };
  const ways = { adapter, clock, conversations, responders, files, invokes, serviceUrls };
  const bot = new VoiceBot({ ...ways, log, allowList, vouching });
  return (authorization, activity) => adapter.receive(authorization, activity, (context) => bot.run(context));
}
