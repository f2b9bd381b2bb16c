import { historyText } from '../conversation/history/history.ts';
import { connectionOpener, type OpenConnection } from '../realtime/connection.ts';
import { preloadClient, toRealtimeTarget } from '../realtime/endpoint.ts';
import type { ModelResult } from '../realtime/model-result.ts';
import type { ServerEvent } from '../realtime/server-event.ts';
import { serviceErrorOf } from '../realtime/service-errors.ts';
import { RealtimeSession } from '../realtime/session.ts';
import type { DoctorDeps } from './check.ts';

/** The simulator, too, answers this in one short sentence. */
const FIRST_TEXT = 'Say: Hello, your bot can speak.';
const SECOND_TEXT = 'What did I say?';

/** An event of the service, and when it came. */
interface TimedEvent {
  readonly event: ServerEvent;
  readonly atMs: number;
}

/** A turn, with times from its sending; `undefined` for what did not come. */
export interface TrialTurn {
  readonly result: ModelResult;
  readonly firstTextMs: number | undefined;
  readonly firstAudioMs: number | undefined;
  readonly doneMs: number;
}

/** Two short sessions with the model, made of the bot's own parts. The second session is given the first turn as its history. */
export class ModelTrial {
  readonly #deps: DoctorDeps;
  readonly #open: OpenConnection;
  /** All events of both sessions. */
  readonly #events: TimedEvent[] = [];
  #greeted = Promise.withResolvers<TimedEvent>();
  #session: RealtimeSession | undefined;
  #firstTurn: TrialTurn | undefined;

  constructor(deps: DoctorDeps) {
    this.#deps = deps;
    const { config, tokens, clock } = deps;
    this.#open = this.#record(connectionOpener(toRealtimeTarget(config.model, tokens, config.proxy), clock));
  }

  /** Opens the first session and waits for its greeting; resolves with the milliseconds to each. Rejects with a TurnError. */
  async open(signal: AbortSignal): Promise<{ connectMs: number; greetedMs: number }> {
    const { clock, config } = this.#deps;
    // Users of the bot do not wait for this either.
    await preloadClient(config.model);
    const startedAtMs = clock.now();
    await this.#openSession(signal);
    const connectMs = clock.now() - startedAtMs;
    const { event, atMs } = await this.#greeted.promise;
    if (event.kind === 'error') throw serviceErrorOf(event.error, 'handshake_refused');
    return { connectMs, greetedMs: atMs - startedAtMs };
  }

  /** Runs the first turn. */
  async run(signal: AbortSignal): Promise<TrialTurn> {
    this.#firstTurn = await this.#runTurn(FIRST_TEXT, undefined, signal);
    return this.#firstTurn;
  }

  /** Runs a turn in a second session, whose history is the first turn. */
  async runWithHistory(signal: AbortSignal): Promise<TrialTurn> {
    const outcome = this.turn.result.outcome;
    const history = historyText([{ user: FIRST_TEXT, assistant: 'text' in outcome ? outcome.text : undefined }]);
    this.close();
    await this.#openSession(signal);
    return this.#runTurn(SECOND_TEXT, history, signal);
  }

  /** The first turn. */
  get turn(): TrialTurn {
    if (this.#firstTurn === undefined) throw new Error('the first turn has not ended');
    return this.#firstTurn;
  }

  /** The voice that the service confirms; `undefined`: it confirms none. */
  get voice(): string | undefined {
    return this.#sessionEvents.find(({ isUpdate }) => isUpdate)?.voice;
  }

  /** When the first session ends, in milliseconds since the epoch; `undefined`: the service does not say. */
  get expiresAtMs(): number | undefined {
    return this.#sessionEvents.find(({ expiresAtMs }) => expiresAtMs !== undefined)?.expiresAtMs;
  }

  /** The type of the first event that only the preview of the protocol has; `undefined`: there is none. */
  get previewEvent(): string | undefined {
    return this.#events.map(({ event }) => event).find((event) => event.kind === 'preview')?.type;
  }

  /** The last error in the service's own words; empty: none. */
  get complaint(): string {
    const errors = this.#events.flatMap(({ event }) => {
      if (event.kind === 'error') return [event.error];
      return event.kind === 'responseDone' && event.response.error !== undefined ? [event.response.error] : [];
    });
    const { message = '', code = '' } = errors.at(-1) ?? {};
    return `${message}${code === '' ? '' : ` (${code})`}`.trim();
  }

  /** Closes the session. Safe to call twice. */
  close(): void {
    this.#session?.close();
  }

  get #sessionEvents() {
    return this.#events.map(({ event }) => event).filter((event) => event.kind === 'session');
  }

  #record(open: OpenConnection): OpenConnection {
    return (listener, signal) =>
      open(
        {
          onEvent: (event) => {
            const timed = { event, atMs: this.#deps.clock.now() };
            this.#events.push(timed);
            if (['session', 'preview', 'error'].includes(event.kind)) this.#greeted.resolve(timed);
            listener.onEvent(event);
          },
          onClosed: (reason) => {
            this.#greeted.reject(reason);
            listener.onClosed(reason);
          },
        },
        signal,
      );
  }

  async #openSession(signal: AbortSignal): Promise<void> {
    const { config, clock, ids, log } = this.#deps;
    this.#greeted.promise.catch(() => {});
    this.#session = await RealtimeSession.open({ open: this.#open, settings: config.session, clock, ids, log }, signal);
  }

  async #runTurn(text: string, history: string | undefined, signal: AbortSignal): Promise<TrialTurn> {
    const { clock, ids } = this.#deps;
    if (this.#session === undefined) throw new Error('no session is open');
    const sentAtMs = clock.now();
    const from = this.#events.length;
    // A model that answers in text is not asked again for speech.
    const input = { turnId: ids.wire('turn'), text, history, mayAskAgain: async () => false };
    const result = await this.#session.runTurn(input, signal);
    const msUntil = (kind: ServerEvent['kind']) => {
      const first = this.#events.slice(from).find(({ event }) => event.kind === kind);
      return first && first.atMs - sentAtMs;
    };
    return {
      result,
      firstTextMs: msUntil('textDelta'),
      firstAudioMs: msUntil('audioDelta'),
      doneMs: clock.now() - sentAtMs,
    };
  }
}
