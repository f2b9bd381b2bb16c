import { createMemoryLibrary } from './audio/library.ts';
import { VoiceBot } from './bot.ts';
import { VoiceAdapter } from './channel/adapter.ts';
import { keepEntityProperties } from './channel/entity-patch.ts';
import { createResponders } from './channel/respond.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { Conversations } from './conversation/conversations.ts';
import { createMemoryRecords } from './conversation/records.ts';
import { createHttpServer } from './http/server.ts';
import { type Ids, randomIds } from './ids.ts';
import type { Logger } from './log.ts';
import { connectionOpener } from './realtime/connection.ts';
import { entraIdTokens, type TokenProvider, toRealtimeTarget } from './realtime/endpoint.ts';
import { SessionPool } from './realtime/pool.ts';
import { RealtimeSession } from './realtime/session.ts';

export interface AppDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly random?: () => number;
  /** Where access tokens of Entra ID come from, by scope. */
  readonly tokens?: (scope: string) => TokenProvider;
}

export interface App {
  /** Listens; resolves with the port. */
  start(): Promise<number>;
  /** Drains (see design: running turns finish, waiting ones are told), then closes everything. Safe to call twice. */
  close(): Promise<void>;
}

/** Joins the parts. Reads no environment and does nothing until it is started. */
export function createApp(deps: AppDeps): App {
  const { config, log, clock = systemClock, ids = randomIds, random = Math.random, tokens = entraIdTokens } = deps;
  let port = config.port;
  const publicBaseUrl = () =>
    config.publicBaseUrl === 'localhost' ? `http://localhost:${port}` : config.publicBaseUrl;

  const open = connectionOpener(toRealtimeTarget(config.model, tokens), clock);
  const pool = new SessionPool({
    open: (signal) => RealtimeSession.open({ open, settings: config.session, clock, ids, log }, signal),
    clock,
    idleMs: config.sessionIdleMs,
    maxSessions: config.maxWarmSessions,
    turnMs: config.turnTimeoutMs,
  });
  const library = createMemoryLibrary({
    maxBytes: config.audioMemoryBytes,
    retentionMs: config.audioRetentionMs,
    clock,
    ids,
  });
  const records = createMemoryRecords({ clock, retentionMs: config.recordRetentionMs });
  const { historyTurns, turnTimeoutMs } = config;
  const conversations = new Conversations({
    pool,
    records,
    library,
    clock,
    ids,
    log,
    random,
    historyTurns,
    turnTimeoutMs,
  });

  if (!keepEntityProperties()) log.error('botbuilder is not the version that the entity patch is made for');
  const adapter = new VoiceAdapter({ botEnv: config.botEnv, clock, log, random, turnTimeoutMs });
  const responders = createResponders({ adapter, clock, log, webchatAudio: config.webchatAudio, publicBaseUrl });
  const allowList = { tenants: config.allowedTenants, users: config.allowedUsers };
  const bot = new VoiceBot({ adapter, conversations, responders, allowList });
  const http = createHttpServer({
    deliver: (authorization, activity) => adapter.receive(authorization, activity, (context) => bot.run(context)),
    library,
    audioRetentionMs: config.audioRetentionMs,
    isDraining: () => conversations.isDraining,
    onlyLoopback: !config.isAuthenticated,
    log,
  });

  return {
    async start() {
      port = await http.listen(config.port, config.host);
      return port;
    },
    async close() {
      await conversations.drain(config.drainMs);
      await http.close();
    },
  };
}
