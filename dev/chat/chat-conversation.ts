import type { Clock } from '../../src/clock.ts';
import { EMPTY_HISTORY, historyText, nextHistory } from '../../src/conversation/history/history.ts';
import { callSummaries } from '../../src/conversation/turn/turn-edit.ts';
import type { Ids } from '../../src/ids.ts';
import type { Logger } from '../../src/log.ts';
import { connectionOpener } from '../../src/realtime/connection.ts';
import type { TokenProvider } from '../../src/realtime/endpoint.ts';
import { generateResponse } from '../../src/realtime/generate-response.ts';
import type { Outcome } from '../../src/realtime/outcome.ts';
import { SessionPool } from '../../src/realtime/pool.ts';
import type { ServerEvent } from '../../src/realtime/server-event.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import type { CallResult } from '../../src/tools/tool-call.ts';
import type { ChatConfig } from './chat-settings.ts';
import type { ChatTools } from './chat-tools.ts';

/** Called while a message is answered. */
export interface ChatListener {
  /** Called once for each session, before its first event. */
  onSession(id: string): void;
  onEvent(event: ServerEvent): void;
  /** Called when an attempt failed and the next one follows after `waitMs`. */
  onRetry(waitMs: number): void;
}

export interface ChatConversationDeps {
  readonly config: ChatConfig;
  readonly listener: ChatListener;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly random: () => number;
  readonly tokens: (scope: string) => TokenProvider;
  readonly tools: ChatTools;
}

/** How a message was answered, and the calls that were made for it. */
export interface ChatAnswer {
  readonly outcome: Outcome;
  readonly calls: readonly CallResult[];
}

const KEY = 'chat';

/**
 * One conversation with the model, with the sessions, retries and history of the bot: after a broken session the
 * history is replayed into a new one.
 */
export class ChatConversation {
  readonly #deps: ChatConversationDeps;
  readonly #pool: SessionPool;
  /** Names the last turn of the warm session, as in the record of the bot: a session that lacks it is closed. */
  #sessionVersion: string | undefined;
  #history = EMPTY_HISTORY;
  #session: RealtimeSession | undefined;
  #announcedSessionId: string | undefined;

  constructor(deps: ChatConversationDeps) {
    this.#deps = deps;
    const { config, clock, tokens } = deps;
    const open = connectionOpener(config.model, tokens, config.proxy, clock);
    this.#pool = new SessionPool({
      open: (signal) => this.#open({ ...deps, open, settings: config.session }, signal),
      clock,
      idleMs: config.sessionIdleMs,
      maxSessions: 1,
      turnMs: config.turnTimeoutMs,
    });
  }

  /** Never rejects: every end is an outcome. `signal` cancels the turn; its reason is a TurnError. */
  async ask(text: string, signal: AbortSignal): Promise<ChatAnswer> {
    const { clock, ids, log, random, config, listener, tools } = this.#deps;
    const { turnTimeoutMs, historyTurns } = config;
    const onEvent = (event: ServerEvent) => {
      this.#announceSession();
      listener.onEvent(event);
    };
    const turnId = ids.secret();
    const { functions, results } = await tools.forMessage();
    const request = {
      key: KEY,
      sessionVersion: this.#sessionVersion,
      input: { turnId, text, history: historyText(this.#history.history), onEvent, functions },
      log,
      signal,
      timeoutMs: turnTimeoutMs,
      onRetry: (waitMs: number) => listener.onRetry(waitMs),
    };
    const result = await generateResponse(request, { sessions: this.#pool, clock, random, settings: config.session });
    this.#sessionVersion = turnId;
    this.#announceSession();
    this.#history = nextHistory(this.#history, { user: text, ...callSummaries(results) }, result, historyTurns);
    return { outcome: result.outcome, calls: results };
  }

  /** Closes the session. Safe to call twice. */
  close(): void {
    this.#pool.close();
  }

  async #open(deps: Parameters<typeof RealtimeSession.open>[0], signal: AbortSignal): Promise<RealtimeSession> {
    this.#session = await RealtimeSession.open(deps, signal);
    return this.#session;
  }

  /** `session.created` may come before the turn begins: then no event of the turn carries the id. */
  #announceSession(): void {
    const id = this.#session?.id;
    if (id === undefined || id === this.#announcedSessionId) return;
    this.#announcedSessionId = id;
    this.#deps.listener.onSession(id);
  }
}
