import { createPictureReader } from './attachments/picture.ts';
import type { FileReaders } from './attachments/reader.ts';
import { Semaphore } from './attachments/semaphore.ts';
import { createClipDecoder } from './audio/clip/clip-decoder.ts';
import { VoiceBot } from './bot.ts';
import { createAdapter } from './channel/adapter.ts';
import { keepEntityProperties } from './channel/botbuilder-patches.ts';
import { createFileFetcher } from './channel/fetch-sent-files.ts';
import { FileSaver } from './channel/file-saver.ts';
import { ReplyRoutes } from './channel/reply-routes.ts';
import { SEND_TIMEOUT_MS } from './channel/send-policy.ts';
import { ServiceUrls } from './channel/service-urls.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, OWN_PORT_URL } from './config/config.ts';
import { Conversations } from './conversation/conversations.ts';
import { Spending } from './conversation/limits/spending.ts';
import { TurnRate } from './conversation/limits/turn-rate.ts';
import { Recordings } from './conversation/recordings/recordings.ts';
import type { Services } from './conversation/services.ts';
import { FILE_BOUNDS } from './conversation/turn/read-attachments.ts';
import { createHttpServer, type HttpOptions, type HttpServer } from './http/server.ts';
import { type Ids, randomIds } from './ids.ts';
import { type Build, doctorCommand, findInstallation } from './installation.ts';
import type { Logger } from './log.ts';
import { connectionOpener, type OpenConnection } from './realtime/connection.ts';
import { entraIdTokens, preloadClient, type TokenProvider } from './realtime/endpoint.ts';
import { SessionPool } from './realtime/pool.ts';
import { RealtimeSession } from './realtime/session.ts';
import { checkModel } from './realtime/try-connection.ts';
import { type OpenDatabase, openStores, type Stores } from './stores.ts';
import { openAzureMonitor } from './telemetry/azure-monitor.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import { openTools } from './tools/open-tools.ts';
import type { Tools } from './tools/tools.ts';

/** Dependencies with a default, which tests replace. */
interface Dependencies {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  /** Gets access tokens of Entra ID for a scope. */
  readonly tokens: (scope: string) => TokenProvider;
  readonly telemetry: Telemetry;
  /** Uploads files to the file service of a user, and calls MCP servers. */
  readonly fetch: typeof fetch;
}

export interface AppDeps extends Partial<Dependencies> {
  readonly config: Config;
  readonly log: Logger;
  readonly build: Build;
  /** The `PATH` in which ffmpeg is looked for. */
  readonly searchPath?: string | undefined;
  /** Required when `config` names a database: see `loadDatabase`. */
  readonly openDatabase?: OpenDatabase | undefined;
}

export interface App {
  /** Starts to listen and resolves with the port. Rejects before, if one of the bot's own functions cannot be used. */
  start(): Promise<number>;
  /** Logs an error if the model cannot be reached within 14 s. The bot serves on. Never rejects. */
  checkModel(): Promise<void>;
  /**
   * Drains, then closes everything: running turns finish, and the users of waiting ones are told that the bot restarts.
   * Safe to call twice.
   */
  close(): Promise<void>;
}

interface Shared extends Dependencies, Pick<AppDeps, 'config' | 'log' | 'build'> {
  readonly publicBaseUrl: () => string | undefined;
  readonly openConnection: OpenConnection;
}

type Channel = ReturnType<typeof createChannel>;

/** Loading blocks the process, so the first probes of a load balancer are answered before. */
const PRELOAD_AFTER_MS = 250;

/** Connects the modules. Reads no environment, and does no I/O before `start`. */
export function createApp(deps: AppDeps): App {
  let port = deps.config.port;
  const shared = withDefaults(deps, () => port);
  const { config, log, clock, ids, random, tokens, telemetry } = shared;
  const stores = openStores({ config, clock, ids, random, log, tokens, openDatabase: deps.openDatabase });
  const channel = createChannel(shared);
  const clips = createClipDecoder({ clock, log, searchPath: deps.searchPath });
  const pictures = createPictureReader({ clock, log });
  const tools = openTools(config.tools, shared);
  const services = createServices(shared, stores, tools, channel, { clips, pictures });
  const conversations = new Conversations(services);
  const http = createHttp(shared, stores, channel, conversations, new Recordings(conversations, services));
  const closing = new AbortController();
  let cancelPreload = () => {};
  return {
    async start() {
      await tools.preload();
      port = await http.listen(config.port, config.host);
      stores.start();
      void tools.start();
      conversations.start();
      cancelPreload = clock.after(PRELOAD_AFTER_MS, () => void preload(shared, services));
      return port;
    },
    checkModel: () => checkModel(shared, doctorCommand(findInstallation()), closing.signal),
    async close() {
      cancelPreload();
      closing.abort();
      await conversations.drain(config.drainMs);
      await http.close();
      await Promise.all([clips.close(), pictures.close(), tools.close()]);
      await stores.close();
      await telemetry.close();
    },
  };
}

function withDefaults(deps: AppDeps, port: () => number): Shared {
  const { config, log, build, clock = systemClock, ids = randomIds, random = Math.random } = deps;
  const { tokens = entraIdTokens, fetch = globalThis.fetch } = deps;
  const { model, proxy, telemetry: settings } = config;
  const openMonitor = settings && (() => openAzureMonitor(settings, tokens, log));
  const { telemetry = new Telemetry({ clock, log, model, open: openMonitor }) } = deps;
  const publicBaseUrl = () =>
    config.publicBaseUrl === OWN_PORT_URL ? `http://localhost:${port()}` : config.publicBaseUrl;
  const openConnection = connectionOpener(model, tokens, proxy, clock);
  return { config, log, build, clock, ids, random, tokens, telemetry, fetch, publicBaseUrl, openConnection };
}

/** Loads the client library first: users wait for it, but not for telemetry. Never rejects. */
async function preload({ config, log, telemetry }: Shared, { sessions }: Services): Promise<void> {
  await preloadClient(config.model).catch((err: unknown) => log.error({ err }, 'client library not loaded'));
  telemetry.start(() => sessions.openCount);
}

function createServices(
  { config, clock, ids, log, random, telemetry, openConnection }: Shared,
  { queue, conversationStore, recordingLinks, audioStore, spendingStore, audit, approvalStore }: Stores,
  tools: Tools,
  { adapter, replyRoutes }: Channel,
  readers: FileReaders,
): Services {
  const { limits, session: settings, model, historyTurns, turnTimeoutMs } = config;
  const { prices, ...budgets } = limits;
  return {
    queue,
    conversationStore,
    recordingLinks,
    audioStore,
    spending: new Spending({ store: spendingStore, budgets, prices, model: model.model, log }),
    rate: new TurnRate(clock, limits),
    sessions: new SessionPool({
      open: (signal) => RealtimeSession.open({ open: openConnection, settings, clock, ids, log }, signal),
      clock,
      idleMs: config.sessionIdleMs,
      maxSessions: config.maxWarmSessions,
      turnMs: turnTimeoutMs,
      onClosed: (reason) => telemetry.sessionClosed(reason),
    }),
    tools,
    audit,
    approvalStore,
    toolApprovers: config.tools.approvers,
    files: {
      readers,
      fetch: createFileFetcher({ adapter, config, clock, log }),
      semaphore: new Semaphore(FILE_BOUNDS),
    },
    channel: replyRoutes,
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

function createChannel({ config, clock, log, random, telemetry, publicBaseUrl }: Shared) {
  const { botEnv, turnTimeoutMs, webchatAudio, audioBrowserLinks: browserLinks } = config;
  if (!keepEntityProperties()) log.error('entity patch not applied: botbuilder has another version than expected');
  const adapter = createAdapter({ botEnv, clock, log, random, retryWithinMs: turnTimeoutMs, telemetry });
  const serviceUrls = new ServiceUrls(clock);
  const replyRoutes = new ReplyRoutes({
    adapter,
    clock,
    log,
    webchatAudio,
    browserLinks,
    publicBaseUrl,
    serviceUrls,
    sendLimitMs: sendLimitOf(config),
  });
  return { adapter, serviceUrls, replyRoutes };
}

function createHttp(
  shared: Shared,
  stores: Stores,
  channel: Channel,
  conversations: Conversations,
  recordings: Recordings,
): HttpServer {
  const { audioStore } = stores;
  const { config, build, clock, log } = shared;
  return createHttpServer({
    receiveActivity: createReceiver(shared, stores, conversations, channel),
    audioStore,
    recordings,
    about: config,
    chatPageUrl: config.chatPageUrl,
    build,
    clock,
    isDraining: () => conversations.isDraining,
    verifyToken: config.isAuthenticated ? (authorization) => channel.adapter.verifyToken(authorization) : undefined,
    onlyLoopback: config.onlyLoopback,
    publicHost: URL.parse(config.publicBaseUrl ?? '')?.hostname,
    log,
  });
}

function createReceiver(
  { config, clock, ids, log, fetch, publicBaseUrl }: Shared,
  { audioStore, recordingLinks }: Stores,
  conversations: Conversations,
  { adapter, replyRoutes, serviceUrls }: Channel,
): HttpOptions['receiveActivity'] {
  const bot = new VoiceBot({
    adapter,
    conversations,
    replyRoutes,
    fileSaver: new FileSaver({ audioStore, clock, ids, log, fetch, sendLimitMs: sendLimitOf(config) }),
    invokes: { audioStore, recordingLinks, clock, log, publicBaseUrl },
    serviceUrls,
    log,
    access: config,
  });
  return (authorization, activity) => adapter.receive(authorization, activity, (context) => bot.run(context));
}

/** Retries may begin within `turnTimeoutMs`; the last one takes up to SEND_TIMEOUT_MS. */
function sendLimitOf({ turnTimeoutMs }: Config): number {
  return turnTimeoutMs + SEND_TIMEOUT_MS;
}
