import type { Clock } from '../clock.ts';
import { generate } from '../conversation/generate.ts';
import { historyText, type PastTurn, withTurn } from '../conversation/history.ts';
import { TurnError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import { connectionOpener } from '../realtime/connection.ts';
import { type TokenProvider, toRealtimeTarget } from '../realtime/endpoint.ts';
import type { Outcome } from '../realtime/outcome.ts';
import { SessionPool } from '../realtime/pool.ts';
import type { ServerEvent } from '../realtime/server-event.ts';
import { RealtimeSession, type TurnResult } from '../realtime/session.ts';
import type { ChatConfig } from './chat-settings.ts';

/** Told what happens while a message is answered. */
export interface ChatListener {
  /** Once for each session, before the first of its events. */
  onSession(id: string): void;
  onEvent(event: ServerEvent): void;
  /** An attempt failed, in a way that makes another one safe; it follows in so many milliseconds. */
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
}

const KEY = 'chat';

/**
 * One conversation with the model, over the same sessions, retries and memory as the bot's: a session that broke is
 * followed by a new one, which is told what was said.
 */
export class ChatConversation {
  readonly #deps: ChatConversationDeps;
  readonly #pool: SessionPool;
  /** All that `generate` waits for by its clock is the next attempt. */
  readonly #retryClock: Clock;
  #history: readonly PastTurn[] = [];
  #session: RealtimeSession | undefined;
  #toldSessionId: string | undefined;

  constructor(deps: ChatConversationDeps) {
    this.#deps = deps;
    const { config, clock, tokens, listener } = deps;
    this.#retryClock = {
      now: () => clock.now(),
      after(delayMs, run) {
        listener.onRetry(delayMs);
        return clock.after(delayMs, run);
      },
    };
    const open = connectionOpener(toRealtimeTarget(config.model, tokens), clock);
    this.#pool = new SessionPool({
      open: (signal) => this.#open({ ...deps, open, settings: config.session }, signal),
      clock,
      idleMs: config.sessionIdleMs,
      maxSessions: 1,
      turnMs: config.turnTimeoutMs,
    });
  }

  /** Asks the model. Never rejects: every end is an outcome. `signal` ends it early, with a TurnError as its reason. */
  async ask(text: string, signal: AbortSignal): Promise<Outcome> {
    const { clock, ids, log, random, config, listener } = this.#deps;
    const { turnTimeoutMs, historyTurns } = config;
    const timeout = new AbortController();
    const forget = clock.after(turnTimeoutMs, () => {
      timeout.abort(new TurnError('turn_timeout', `the turn took longer than ${turnTimeoutMs} ms`));
    });
    const onEvent = (event: ServerEvent) => {
      this.#tellSession();
      listener.onEvent(event);
    };
    const request = {
      key: KEY,
      input: { turnId: ids.secret(), text, history: historyText(this.#history), onEvent },
      log,
      signal: AbortSignal.any([signal, timeout.signal]),
      deadlineMs: clock.now() + turnTimeoutMs,
    };
    const result = await generate(request, { pool: this.#pool, clock: this.#retryClock, random }).finally(forget);
    this.#tellSession();
    this.#history = nextHistory(this.#history, text, result, historyTurns);
    return result.outcome;
  }

  /** Closes the session. Safe to call twice. */
  close(): void {
    this.#pool.close();
  }

  async #open(deps: Parameters<typeof RealtimeSession.open>[0], signal: AbortSignal): Promise<RealtimeSession> {
    this.#session = await RealtimeSession.open(deps, signal);
    return this.#session;
  }

  /** The service may greet before the turn begins, and then no event of the turn says so. */
  #tellSession(): void {
    const id = this.#session?.id;
    if (id === undefined || id === this.#toldSessionId) return;
    this.#toldSessionId = id;
    this.#deps.listener.onSession(id);
  }
}

type History = readonly PastTurn[];

/** What the next session is told, by the bot's own rules (see conversation/answer.ts). */
function nextHistory(history: History, user: string, result: TurnResult, mostTurns: number): History {
  const { outcome, isHistoryRejected } = result;
  if (outcome.kind === 'cutShort' && outcome.why === 'filter') return history;
  if (outcome.kind !== 'failed') return withTurn(history, { user, assistant: outcome.text || undefined }, mostTurns);
  if (outcome.error.code !== 'request_rejected') return withTurn(history, { user, assistant: undefined }, mostTurns);
  return isHistoryRejected ? history.slice(Math.ceil(history.length / 2)) : history;
}
