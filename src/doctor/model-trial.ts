import { historyText } from '../conversation/history/history.ts';
import { connectionOpener, type OpenConnection } from '../realtime/connection.ts';
import { preloadClient } from '../realtime/endpoint.ts';
import type { ModelResult } from '../realtime/model-result.ts';
import type { ServerEvent } from '../realtime/server-event.ts';
import { RealtimeSession } from '../realtime/session.ts';
import { tryConnection } from '../realtime/try-connection.ts';
import type { DoctorDeps } from './deps.ts';

/** The simulator, too, answers this in one short sentence. */
const FIRST_TEXT = 'Say: Hello, your bot can speak.';
const SECOND_TEXT = 'What did I say?';

/** A turn, with times from its sending; `undefined` for what did not come. */
export interface TrialTurn {
  readonly result: ModelResult;
  readonly firstTextMs: number | undefined;
  readonly firstAudioMs: number | undefined;
  readonly doneMs: number;
}

interface TimedEvent {
  readonly event: ServerEvent;
  readonly atMs: number;
}

/** Tries the model with the bot's own parts, and records the events of the service. */
export class ModelTrial {
  readonly #deps: DoctorDeps;
  readonly #open: OpenConnection;
  /** The events of each session, the newest session last. */
  readonly #sessions: TimedEvent[][] = [];
  #firstTurn: TrialTurn | undefined;

  constructor(deps: DoctorDeps) {
    this.#deps = deps;
    const { config, tokens, clock } = deps;
    const open = connectionOpener(config.model, tokens, config.proxy, clock);
    this.#open = ({ onEvent, onClosed }, signal) => {
      const events: TimedEvent[] = [];
      this.#sessions.push(events);
      const record = (event: ServerEvent) => {
        events.push({ event, atMs: clock.now() });
        onEvent(event);
      };
      return open({ onEvent: record, onClosed }, signal);
    };
  }

  /** Connects, waits for `session.created` and closes. Resolves with how long it took. Rejects with a TurnError. */
  async connect(signal: AbortSignal): Promise<number> {
    const { clock, config } = this.#deps;
    // Users of the bot do not wait for this either.
    await preloadClient(config.model);
    const startedAtMs = clock.now();
    await tryConnection(this.#open, clock, signal);
    return clock.now() - startedAtMs;
  }

  /** Runs the first turn, in a new session. */
  async runFirstTurn(signal: AbortSignal): Promise<TrialTurn> {
    this.#firstTurn = await this.#runTurn(FIRST_TEXT, undefined, signal);
    return this.#firstTurn;
  }

  /** Runs a second turn in a new session, whose history is the first turn. */
  async runWithHistory(signal: AbortSignal): Promise<TrialTurn> {
    const { outcome } = this.firstTurn.result;
    const history = historyText([{ user: FIRST_TEXT, assistant: 'text' in outcome ? outcome.text : undefined }]);
    return this.#runTurn(SECOND_TEXT, history, signal);
  }

  /** The first turn. */
  get firstTurn(): TrialTurn {
    if (this.#firstTurn === undefined) throw new Error('the first turn has not ended');
    return this.#firstTurn;
  }

  /** All events of the service so far. */
  get events(): readonly ServerEvent[] {
    return this.#sessions.flat().map(({ event }) => event);
  }

  /** The events of the newest session. */
  get newestEvents(): readonly ServerEvent[] {
    return (this.#sessions.at(-1) ?? []).map(({ event }) => event);
  }

  /** How long the first session could last when it was created; `undefined` if the service did not report it. */
  get sessionLifeMs(): number | undefined {
    const first = this.#sessions.flat().find(({ event }) => event.kind === 'session');
    const expiresAtMs = first?.event.kind === 'session' ? first.event.expiresAtMs : undefined;
    return first && expiresAtMs && expiresAtMs - first.atMs;
  }

  async #runTurn(text: string, history: string | undefined, signal: AbortSignal): Promise<TrialTurn> {
    const { config, clock, ids, log } = this.#deps;
    const session = await RealtimeSession.open({ open: this.#open, settings: config.session, clock, ids, log }, signal);
    const sentAtMs = clock.now();
    const msUntil = (kind: ServerEvent['kind']) => {
      const first = this.#sessions.at(-1)?.find(({ event }) => event.kind === kind);
      return first && first.atMs - sentAtMs;
    };
    try {
      // A model that answers in text is not asked again for speech.
      const input = { turnId: ids.wire('turn'), text, history, reserveRetry: async () => false };
      const result = await session.runTurn(input, signal);
      const doneMs = clock.now() - sentAtMs;
      return { result, firstTextMs: msUntil('textDelta'), firstAudioMs: msUntil('audioDelta'), doneMs };
    } finally {
      session.close();
    }
  }
}
