import { createPictureReader } from './attachments/picture.ts';
import type { FileReaders } from './attachments/reader.ts';
import { Semaphore } from './attachments/semaphore.ts';
import { createClipDecoder } from './audio/clip/clip-decoder.ts';
import { VoiceBot } from './bot.ts';
import { VoiceAdapter } from './channel/adapter.ts';
import { keepEntityProperties } from './channel/entity-patch.ts';
import { FileSaver } from './channel/file-saver.ts';
import { recordingAccessOf } from './channel/recording-access.ts';
import { createResponders, type Responders } from './channel/respond.ts';
import { SEND_TIMEOUT_MS } from './channel/send-policy.ts';
import { createFileFetcher } from './channel/sent-files.ts';
import { ServiceUrls } from './channel/service-urls.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { Conversations } from './conversation/conversations.ts';
import { Spending } from './conversation/limits/spending.ts';
import { TurnRate } from './conversation/limits/turn-rate.ts';
import { Recordings } from './conversation/recordings/recordings.ts';
import type { Services } from './conversation/services.ts';
import { FILE_BOUNDS } from './conversation/turn/read-attachments.ts';
import { aboutFacts } from './http/pages/about/route.ts';
import { createHttpServer, type HttpOptions, type HttpServer } from './http/server.ts';
import { type Ids, randomIds } from './ids.ts';
import { type Build, doctorCommand, findInstallation } from './installation.ts';
import type { Logger } from './log.ts';
import { connectionOpener } from './realtime/connection.ts';
import { entraIdTokens, preloadClient, type TokenProvider, toRealtimeTarget } from './realtime/endpoint.ts';
import { SessionPool } from './realtime/pool.ts';
import { RealtimeSession } from './realtime/session.ts';
import { tryConnection } from './realtime/try-connection.ts';
import { type OpenDatabase, openStores, type Stores } from './stores.ts';
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
  /** Where `config` names a database: see `loadDatabase`. */
  readonly openDatabase?: OpenDatabase | undefined;
}

/** The whole bot. */
export interface App {
  /** Listens; resolves with the port. */
  start(): Promise<number>;
  /** Says in the log when the model cannot be reached, within 15 s. The bot serves on. Never rejects. */
  checkModel(): Promise<void>;
  /** Drains (see design: running turns finish, waiting ones are told), then closes everything. Safe to call twice. */
  close(): Promise<void>;
}

type Parts = Required<Omit<AppDeps, 'searchPath' | 'openDatabase'>>;

/** After the first questions of a load balancer were answered. */
const PRELOAD_AFTER_MS = 250;

/** Joins the parts. Reads no environment and does nothing until it is started. */
export function createApp(deps: AppDeps): App {
  const defaults = { clock: systemClock, ids: randomIds, random: Math.random, tokens: entraIdTokens, fetch };
  const given = { ...defaults, ...deps };
  const parts = { ...given, telemetry: deps.telemetry ?? createTelemetry(given) };
  const { config, clock, log, telemetry } = parts;
  let port = config.port;
  let cancelPreload = () => {};
  const closing = new AbortController();
  const publicBaseUrl = () =>
    config.publicBaseUrl === 'localhost' ? `http://localhost:${port}` : config.publicBaseUrl;

  const { ids, tokens } = parts;
  const stores = openStores({ config, clock, ids, log, tokens, openDatabase: deps.openDatabase });
  const channel = createChannel(parts, publicBaseUrl);
  const readers = {
    clips: createClipDecoder({ clock, log, searchPath: deps.searchPath }),
    pictures: createPictureReader({ clock, log }),
  };
  const services = createServices(parts, stores, channel, readers, publicBaseUrl);
  const conversations = new Conversations(services);
  const recordings = new Recordings(conversations, services);
  const http = createHttp(parts, stores, conversations, recordings, channel, publicBaseUrl);
  return {
    async start() {
      port = await http.listen(config.port, config.host);
      stores.start();
      conversations.start();
      cancelPreload = clock.after(PRELOAD_AFTER_MS, () => void preload(parts, () => services.sessions.openCount));
      return port;
    },
    checkModel: () => checkModel(parts, closing.signal),
    async close() {
      cancelPreload();
      closing.abort();
      await conversations.drain(config.drainMs);
      await http.close();
      await Promise.all([readers.clips.close(), readers.pictures.close()]);
      await stores.close();
      await telemetry.close();
    },
  };
}

function createHttp(
  parts: Parts,
  stores: Stores,
  conversations: Conversations,
  recordings: Recordings,
  channel: Channel,
  publicBaseUrl: () => string | undefined,
): HttpServer {
  const { config, build, clock, log } = parts;
  const { audioStore } = stores;
  return createHttpServer({
    deliver: createDelivery(parts, stores, conversations, channel, publicBaseUrl),
    audioStore,
    recordings,
    about: aboutFacts(config),
    build,
    clock,
    isDraining: () => conversations.isDraining,
    verifyToken: config.isAuthenticated ? (authorization) => channel.adapter.verifyToken(authorization) : undefined,
    onlyLoopback: config.onlyLoopback,
    publicHost: hostnameOf(config.publicBaseUrl),
    log,
  });
}

/** The telemetry behind the client: a first user waits for the one, and for the other nobody does. */
async function preload({ config, log, telemetry }: Parts, openSessions: () => number): Promise<void> {
  await preloadClient(config.model).catch((err: unknown) => log.error({ err }, 'client library not loaded'));
  telemetry.start(openSessions);
}

async function checkModel({ config, tokens, clock, log }: Parts, closing: AbortSignal): Promise<void> {
  try {
    await tryConnection(connectionOpener(toRealtimeTarget(config.model, tokens, config.proxy), clock), clock, closing);
    log.debug('model reached');
  } catch (err) {
    if (closing.aborted) return;
    log.error({ err, fix: `run ${doctorCommand(findInstallation())}` }, 'model not reached: people get an apology');
  }
}

function createTelemetry({ config, clock, log, tokens }: Omit<Parts, 'telemetry'>): Telemetry {
  const { telemetry: settings, model } = config;
  const open = settings.kind === 'azureMonitor' ? () => openAzureMonitor(settings, tokens, log) : undefined;
  return new Telemetry({ clock, log, model, open });
}

function createServices(
  parts: Parts,
  stores: Stores,
  { adapter, responders }: Channel,
  readers: FileReaders,
  publicBaseUrl: () => string | undefined,
): Services {
  const { config, clock, ids, log, random, telemetry } = parts;
  const { limits, session: settings, model, historyTurns, turnTimeoutMs } = config;
  const { attachmentHosts: hosts, attachmentsFromLoopback: allowLoopback, proxy } = config;
  return {
    queue: stores.queue,
    conversations: stores.conversations,
    recordingLinks: stores.recordingLinks,
    audioStore: stores.audioStore,
    spending: new Spending({
      store: stores.spending,
      budgets: limits,
      prices: limits.prices,
      model: model.model,
      log,
    }),
    rate: new TurnRate(clock, limits.turnsPerMinute),
    sessions: createSessions(parts),
    files: {
      readers,
      fetch: createFileFetcher({ adapter, hosts, allowLoopback, proxy, clock, log }),
      semaphore: new Semaphore(FILE_BOUNDS),
    },
    channel: { later: responders.later, recordingAccess: recordingAccessOf(publicBaseUrl) },
    settings,
    historyTurns,
    turnTimeoutMs,
    telemetry,
    clock,
    ids,
    log,
    random,
  };
}

function createSessions({ config, clock, ids, log, tokens, telemetry }: Parts): SessionPool {
  const open = connectionOpener(toRealtimeTarget(config.model, tokens, config.proxy), clock);
  return new SessionPool({
    open: (signal) => RealtimeSession.open({ open, settings: config.session, clock, ids, log }, signal),
    clock,
    idleMs: config.sessionIdleMs,
    maxSessions: config.maxWarmSessions,
    turnMs: config.turnTimeoutMs,
    onClosed: (reason) => telemetry.sessionClosed(reason),
  });
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
  const serviceUrls = new ServiceUrls(clock);
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
  { audioStore, recordingLinks }: Stores,
  conversations: Conversations,
  { adapter, responders, serviceUrls }: Channel,
  publicBaseUrl: () => string | undefined,
): HttpOptions['deliver'] {
  const { config, clock, ids, log, fetch } = parts;
  const allowList = { tenants: config.allowedTenants, users: config.allowedUsers };
  const files = new FileSaver({ audioStore, clock, ids, log, fetch, sendLimitMs: sendLimitOf(config) });
  const invokes = { audioStore, recordingLinks, clock, log, publicBaseUrl };
  const vouching = { hasEnhancedAuthentication: config.directLineEnhancedAuthentication };
  const ways = { adapter, clock, conversations, responders, files, invokes, serviceUrls };
  const bot = new VoiceBot({ ...ways, log, allowList, vouching });
  return (authorization, activity) => adapter.receive(authorization, activity, (context) => bot.run(context));
}
