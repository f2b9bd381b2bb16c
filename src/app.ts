import { type AudioLibrary, createMemoryLibrary } from './audio/library.ts';
import { VoiceBot } from './bot.ts';
import { VoiceAdapter } from './channel/adapter.ts';
import { keepEntityProperties } from './channel/entity-patch.ts';
import { FileSaver } from './channel/file-saver.ts';
import { createResponders } from './channel/respond.ts';
import { SEND_TIMEOUT_MS } from './channel/send-policy.ts';
import { ServiceUrls } from './channel/service-urls.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { Budgets } from './conversation/budgets.ts';
import { Conversations } from './conversation/conversations.ts';
import { createMemoryRecords } from './conversation/records.ts';
import { Spending } from './conversation/spending.ts';
import { TurnRate } from './conversation/turn-rate.ts';
import { createHttpServer, type HttpOptions } from './http/server.ts';
import { type Ids, randomIds } from './ids.ts';
import type { Logger } from './log.ts';
import { connectionOpener } from './realtime/connection.ts';
import { entraIdTokens, preloadClient, type TokenProvider, toRealtimeTarget } from './realtime/endpoint.ts';
import { SessionPool } from './realtime/pool.ts';
import { RealtimeSession } from './realtime/session.ts';

/** What the program is given: its settings, and what a test may exchange. */
export interface AppDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly random?: () => number;
  /** Where access tokens of Entra ID come from, by scope. */
  readonly tokens?: (scope: string) => TokenProvider;
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

type Parts = Required<AppDeps>;

/** After the first questions of a load balancer were answered. */
const PRELOAD_AFTER_MS = 250;

/** Joins the parts. Reads no environment and does nothing until it is started. */
export function createApp(deps: AppDeps): App {
  const parts = { clock: systemClock, ids: randomIds, random: Math.random, tokens: entraIdTokens, fetch, ...deps };
  const { config, clock, log } = parts;
  let port = config.port;
  const publicBaseUrl = () =>
    config.publicBaseUrl === 'localhost' ? `http://localhost:${port}` : config.publicBaseUrl;

  const library = createLibrary(parts);
  const conversations = createConversations(parts, library);
  const http = createHttpServer({
    deliver: createDelivery(parts, library, conversations, publicBaseUrl),
    library,
    clock,
    isDraining: () => conversations.isDraining,
    onlyLoopback: !config.isAuthenticated,
    log,
  });
  return {
    async start() {
      port = await http.listen(config.port, config.host);
      clock.after(PRELOAD_AFTER_MS, () => {
        preloadClient(config.model).catch((err: unknown) => log.error({ err }, 'the client library cannot be loaded'));
      });
      return port;
    },
    async close() {
      await conversations.drain(config.drainMs);
      await http.close();
    },
  };
}

function createLibrary({ config, clock, ids }: Parts): AudioLibrary {
  const { audioMemoryBytes: maxBytes, audioRetentionMs: retentionMs } = config;
  return createMemoryLibrary({ maxBytes, retentionMs, clock, ids });
}

function createConversations(parts: Parts, library: AudioLibrary): Conversations {
  const { config, clock, ids, log, random, tokens } = parts;
  const { historyTurns, turnTimeoutMs } = config;
  const open = connectionOpener(toRealtimeTarget(config.model, tokens), clock);
  const pool = new SessionPool({
    open: (signal) => RealtimeSession.open({ open, settings: config.session, clock, ids, log }, signal),
    clock,
    idleMs: config.sessionIdleMs,
    maxSessions: config.maxWarmSessions,
    turnMs: turnTimeoutMs,
  });
  const records = createMemoryRecords({ clock, retentionMs: config.recordRetentionMs });
  const { limits, session: settings, model } = config;
  const rate = new TurnRate(clock, limits.turnsPerMinute);
  const spending = new Spending(new Budgets({ clock, ...limits }), limits.prices, model.model);
  const bounds = { historyTurns, turnTimeoutMs, rate, spending };
  return new Conversations({ pool, records, library, clock, ids, log, random, settings, ...bounds });
}

/** The way of an activity to the bot, and of its answers back to the channel. */
function createDelivery(
  parts: Parts,
  library: AudioLibrary,
  conversations: Conversations,
  publicBaseUrl: () => string | undefined,
): HttpOptions['deliver'] {
  const { config, clock, ids, log, random, fetch } = parts;
  const { botEnv, turnTimeoutMs, webchatAudio, audioBrowserLinks: browserLinks } = config;
  if (!keepEntityProperties()) log.error('botbuilder is not the version that the entity patch is made for');
  const adapter = new VoiceAdapter({ botEnv, clock, log, random, turnTimeoutMs });
  const sendLimitMs = turnTimeoutMs + SEND_TIMEOUT_MS;
  const serviceUrls = new ServiceUrls();
  const ways = { adapter, clock, log, webchatAudio, browserLinks, publicBaseUrl, serviceUrls, sendLimitMs };
  const responders = createResponders(ways);
  const allowList = { tenants: config.allowedTenants, users: config.allowedUsers };
  const files = new FileSaver({ library, clock, ids, log, fetch, sendLimitMs });
  const invokes = { library, clock, log, publicBaseUrl };
  const bot = new VoiceBot({ adapter, conversations, responders, files, invokes, log, allowList, serviceUrls });
  return (authorization, activity) => adapter.receive(authorization, activity, (context) => bot.run(context));
}
