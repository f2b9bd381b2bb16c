import { EMPTY_MEMORY, historyText, nextMemory } from '../conversation/history/history.ts';
import { connectionOpener, type OpenConnection } from '../realtime/connection.ts';
import { preloadClient, toRealtimeTarget } from '../realtime/endpoint.ts';
import type { ModelResult } from '../realtime/model-result.ts';
import type { ServerEvent } from '../realtime/server-event.ts';
import { serviceErrorOf } from '../realtime/service-errors.ts';
import type { DoctorDeps } from './check.ts';
import { WatchedSession } from './watched-session.ts';

/** What is asked first. The simulator, too, answers it in one short sentence. */
const FIRST_TEXT = 'Say: Hello, your bot can speak.';
/** Asked of a session that is told what was said before. */
const SECOND_TEXT = 'What did I say?';

/** From the beginning of the connecting. */
export interface OpeningTimes {
  readonly connectMs: number;
  readonly greetedMs: number;
}

/** A turn, with times from its sending; `undefined` for what did not come. */
export interface TrialTurn {
  readonly result: ModelResult;
  readonly firstTextMs: number | undefined;
  readonly firstAudioMs: number | undefined;
  readonly doneMs: number;
}

type Known = Pick<DoctorDeps, 'config' | 'clock' | 'ids' | 'log' | 'tokens'>;

/** Two short sessions with the model, made of the same parts as the bot's; the second is told what was said in the first. */
export class ModelTrial {
  readonly #deps: Known;
  readonly #open: OpenConnection;
  readonly #closed = new AbortController();
  #first: WatchedSession | undefined;
  #second: WatchedSession | undefined;
  #firstTurn: Promise<TrialTurn> | undefined;

  constructor(deps: Known) {
    this.#deps = deps;
    const { config, tokens, clock } = deps;
    this.#open = connectionOpener(toRealtimeTarget(config.model, tokens, config.proxy), clock);
  }

  /** Opens the first session and waits for its greeting. Rejects with a TurnError. */
  async open(signal: AbortSignal): Promise<OpeningTimes> {
    // As the bot does, whose users do not wait for it either.
    await preloadClient(this.#deps.config.model);
    this.#first = await this.#openSession(signal);
    const { startedAtMs, connectedAtMs } = this.#first;
    const { event, atMs } = await this.#first.whenHeard(({ kind }) => ['session', 'preview', 'error'].includes(kind));
    if (event.kind === 'error') throw serviceErrorOf(event.error, 'handshake_refused');
    return { connectMs: connectedAtMs - startedAtMs, greetedMs: atMs - startedAtMs };
  }

  /** Resolves with the voice that the service says it has taken, or with nothing where the turn ended without that. */
  async takenVoice(): Promise<string | undefined> {
    const first = this.#opened();
    const update = first.whenHeard(isUpdate).then(({ event }) => event);
    const ended = this.firstTurn().then(() => first.heard(isUpdate)?.event);
    // A socket that closes ends the turn, too.
    const event = await Promise.race([update.catch(() => ended), ended]);
    return event?.kind === 'session' ? event.voice : undefined;
  }

  /** The first turn; made once. */
  firstTurn(): Promise<TrialTurn> {
    this.#firstTurn ??= this.#runTurn(this.#opened(), FIRST_TEXT, undefined);
    return this.#firstTurn;
  }

  /** When the first session ends, in milliseconds since the epoch; `undefined` where the service does not say. */
  get expiresAtMs(): number | undefined {
    const told = this.#first?.heard((event) => event.kind === 'session' && event.expiresAtMs !== undefined)?.event;
    return told?.kind === 'session' ? told.expiresAtMs : undefined;
  }

  /** A turn in a new session that is told of the first one; `undefined` where the bot is set up to remember nothing. */
  async replayedTurn(signal: AbortSignal): Promise<TrialTurn | undefined> {
    const { result } = await this.firstTurn();
    const { history } = nextMemory(EMPTY_MEMORY, { user: FIRST_TEXT }, result, this.#deps.config.historyTurns);
    const text = historyText(history);
    if (text === undefined) return undefined;
    this.#second = await this.#openSession(signal);
    return this.#runTurn(this.#second, SECOND_TEXT, text);
  }

  /** The first event by which the service shows that it speaks the preview of the protocol; `undefined` where none has. */
  get previewEvent(): string | undefined {
    const heard = this.#first?.heard(isPreview) ?? this.#second?.heard(isPreview);
    return heard?.event.kind === 'preview' ? heard.event.type : undefined;
  }

  /** The service's own words about what went wrong last; empty where it said none. */
  get complaint(): string {
    const { code = '', message = '' } = this.#second?.complaint ?? this.#first?.complaint ?? {};
    return [message, code === '' ? '' : `(${code})`].filter((part) => part !== '').join(' ');
  }

  /** Ends what is under way. Safe to call twice. */
  close(): void {
    this.#closed.abort();
    this.#first?.session.close();
    this.#second?.session.close();
  }

  #opened(): WatchedSession {
    if (this.#first === undefined) throw new Error('no session is open');
    return this.#first;
  }

  #openSession(signal: AbortSignal): Promise<WatchedSession> {
    const { config, clock, ids, log } = this.#deps;
    const deps = { open: this.#open, settings: config.session, clock, ids, log };
    return WatchedSession.open(deps, AbortSignal.any([signal, this.#closed.signal]));
  }

  async #runTurn(watched: WatchedSession, text: string, history: string | undefined): Promise<TrialTurn> {
    const { clock, ids } = this.#deps;
    const sentAtMs = clock.now();
    const turnId = ids.wire('turn');
    // What the model says at first go is the question.
    const input = { turnId, text, history, mayAskAgain: async () => false };
    const result = await watched.session.runTurn(input, this.#closed.signal);
    const doneMs = clock.now() - sentAtMs;
    const msOf = (kind: ServerEvent['kind']) =>
      since(
        sentAtMs,
        watched.heard((event) => event.kind === kind),
      );
    return { result, firstTextMs: msOf('textDelta'), firstAudioMs: msOf('audioDelta'), doneMs };
  }
}

function isUpdate(event: ServerEvent): boolean {
  return event.kind === 'session' && event.isUpdate;
}

function isPreview(event: ServerEvent): boolean {
  return event.kind === 'preview';
}

function since(startMs: number, heard: { readonly atMs: number } | undefined): number | undefined {
  return heard === undefined ? undefined : heard.atMs - startMs;
}
