import type { WebSocket } from 'ws';
import type { Clock } from '../../src/clock.ts';
import type { Logger } from '../../src/log.ts';
import { optionalString, requiredRecord } from './checks.ts';
import { type ClientEventType, eventIdOf, parseFrame, typeOf } from './client-events.ts';
import { Conversation } from './conversation.ts';
import { newId, type ServerEvent, type WireEvent } from './events.ts';
import { responderContext } from './history.ts';
import { InputAudioBuffer } from './input-audio.ts';
import { ItemEvents } from './item-events.ts';
import type { Item } from './items.ts';
import type { ExtraFrame, Responder, ScriptedResponse } from './responder.ts';
import { ActiveResponse } from './response.ts';
import { type PlayerSession, playResponse } from './response-player.ts';
import { parseResponseRequest, type ResponseRequest } from './response-request.ts';
import {
  initialSettings,
  refuseOtherVoice,
  type SessionSettings,
  updatedSettings,
  wireSession,
} from './session-settings.ts';
import { Transcripts } from './transcripts.ts';
import { type Input, usageOf } from './usage.ts';
import type { Voice } from './voice.ts';
import { errorEvent, Rejection, SERVER_FAULT } from './wire-errors.ts';

/** Shared by all sessions of a simulator. */
export interface SessionDeps {
  readonly responder: Responder;
  readonly voice: Voice;
  readonly clock: Clock;
  readonly log: Logger;
  readonly paceMs: number;
  readonly sessionSeconds: number;
  readonly onEvent: (from: 'client' | 'server', event: WireEvent, sessionId: string) => void;
}

type Handler = (event: WireEvent, clientEventId: string | null) => void;

/** A client that sends and never reads is disconnected at this size of its send buffer. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** The close code of an expired session: "going away". */
const EXPIRED = 1001;

/** One socket: answers each client event at once, in order, and plays responses in parallel. */
export class Session {
  readonly id = newId('sess');
  readonly #socket: WebSocket;
  readonly #deps: SessionDeps;
  readonly #log: Logger;
  readonly #conversation = new Conversation();
  readonly #inputAudio = new InputAudioBuffer();
  readonly #transcripts: Transcripts;
  readonly #cancelExpiry: () => void;
  #settings: SessionSettings;
  #hasAudio = false;
  /** The active response: a conversation has at most one. */
  #response: ActiveResponse | undefined;
  #lastInput: Input | undefined;

  constructor(socket: WebSocket, model: string, deps: SessionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#log = deps.log.child({ session: this.id });
    this.#transcripts = new Transcripts(deps.clock, this.#send);
    const lifetimeMs = deps.sessionSeconds * 1000;
    this.#settings = initialSettings(this.id, model, Math.floor((deps.clock.now() + lifetimeMs) / 1000));
    this.#cancelExpiry = deps.clock.after(lifetimeMs, () => this.#expire());
  }

  /** Sends `session.created` and handles events until the socket closes. */
  start(): void {
    this.#socket.on('message', (data, isBinary) => this.#onFrame(String(data), isBinary));
    this.#socket.on('error', (err) => this.#log.warn({ err }, 'socket failed'));
    this.#socket.on('close', (code) => this.#onClose(code));
    this.#log.info({ model: this.#settings.model }, 'session opened');
    this.#send({ type: 'session.created', session: wireSession(this.#settings) });
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #onClose(code: number): void {
    this.#cancelExpiry();
    this.#transcripts.close();
    this.#response?.stop('closed');
    this.#log.info({ code }, 'session closed');
  }

  #expire(): void {
    const minutes = Math.round(this.#deps.sessionSeconds / 60);
    const message = `Your session hit the maximum duration of ${minutes} minutes.`;
    this.#send(errorEvent(new Rejection(message, { code: 'session_expired' }), null));
    this.#response?.stop('closed');
    this.#socket.close(EXPIRED, message);
  }

  readonly #send = (event: ServerEvent): void => {
    this.#sendFrame({ event_id: newId('event'), ...event });
  };

  readonly #sendFrame = (data: ExtraFrame['data']): void => {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(typeof data === 'string' ? data : JSON.stringify(data));
    if (typeof data !== 'string') this.#deps.onEvent('server', data, this.id);
  };

  #onFrame(data: string, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // The error about a frame without a usable `event_id` has the id null.
    const event = this.#attempt(null, () => parseFrame(data, isBinary));
    if (event === undefined) return;
    this.#deps.onEvent('client', event, this.id);
    const clientEventId = this.#attempt(null, () => eventIdOf(event));
    if (clientEventId === undefined) return;
    this.#attempt(clientEventId, () => this.#handlers[typeOf(event)](event, clientEventId));
  }

  /**
   * Any exception of a client event becomes one error event; the session goes on. Returns undefined after it sent the
   * error.
   */
  #attempt<T>(clientEventId: string | null, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof Rejection)) this.#log.error({ err: error }, 'client event failed');
      this.#send(errorEvent(error instanceof Rejection ? error : SERVER_FAULT, clientEventId));
      return undefined;
    }
  }

  readonly #items = new ItemEvents(this.#conversation, this.#send);

  readonly #handlers: Readonly<Record<ClientEventType, Handler>> = {
    'session.update': (event) => this.#updateSession(event),
    'conversation.item.create': (event) => this.#items.create(event, this.#response !== undefined),
    'conversation.item.delete': (event) => this.#items.delete(event),
    'conversation.item.retrieve': (event) => this.#items.retrieve(event),
    'input_audio_buffer.append': (event) => this.#inputAudio.append(event),
    'input_audio_buffer.commit': () => this.#commitInputAudio(),
    'input_audio_buffer.clear': () => this.#clearInputAudio(),
    'response.create': (event, clientEventId) => this.#createResponse(event, clientEventId),
    'response.cancel': (event) => this.#cancelResponse(optionalString(event, 'response_id', '')),
  };

  #updateSession(event: WireEvent): void {
    const update = requiredRecord(event, 'session', '');
    const updated = updatedSettings(this.#settings, update, this.#hasAudio);
    // Sent first: settings that cannot be serialized are not applied.
    this.#send({ type: 'session.updated', session: wireSession(updated) });
    this.#settings = updated;
  }

  #commitInputAudio(): void {
    const clip = this.#inputAudio.commit();
    const itemId = this.#items.commit(clip);
    if (this.#settings.transcription !== null) this.#transcripts.addClip(itemId, clip);
  }

  #clearInputAudio(): void {
    this.#inputAudio.clear();
    this.#send({ type: 'input_audio_buffer.cleared' });
  }

  #createResponse(event: WireEvent, clientEventId: string | null): void {
    const request = parseResponseRequest(event, this.#settings);
    if (this.#hasAudio) refuseOtherVoice(this.#settings.voice, request.voice);
    const response = this.#beginResponse(request);
    const context = this.#conversation.items;
    const script = this.#scriptFor(context, request);
    const { ending } = script;
    if (ending.kind === 'reject') {
      this.#response = undefined;
      this.#send(errorEvent(ending.error, clientEventId));
      this.#transcripts.transcribePending(script.transcription ?? {}, Promise.resolve());
      return;
    }
    const input = { instructions: request.instructions, tools: request.tools, items: context };
    const done = playResponse({ ...script, ending }, response, this.#playerSession(input)).finally(() => {
      this.#response = undefined;
      this.#lastInput = input;
      this.#items.releaseHeld();
    });
    // `response.created` has been sent; the first delta waits for the next turn of the event loop.
    this.#transcripts.transcribePending(script.transcription ?? {}, done);
  }

  #beginResponse(request: ResponseRequest): ActiveResponse {
    if (this.#response !== undefined) {
      const message = `Conversation already has an active response in progress: ${this.#response.id}. Wait until the response is finished before creating a new one.`;
      throw new Rejection(message, { code: 'conversation_already_has_active_response' });
    }
    this.#response = new ActiveResponse(request, this.#conversation);
    return this.#response;
  }

  /** `responseId`: default is the active response. */
  #cancelResponse(responseId: string | undefined): void {
    const response = this.#response;
    if (response === undefined || response.signal.aborted || (responseId ?? response.id) !== response.id) {
      throw new Rejection('Cancellation failed: no active response found', { code: 'response_cancel_not_active' });
    }
    response.stop('cancelled');
  }

  #scriptFor(context: readonly Item[], request: ResponseRequest): ScriptedResponse {
    try {
      return this.#deps.responder(responderContext(context, request, this.id));
    } catch (err) {
      this.#log.error({ err }, 'responder failed');
      return { outputs: [], ending: { kind: 'failed', error: SERVER_FAULT } };
    }
  }

  /**
   * `terminate` discards buffered frames, so it waits for the callback of a ping: then all earlier frames are written.
   */
  #drop(code: number | undefined): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (code === undefined) this.#socket.ping('', false, () => this.#socket.terminate());
    else this.#socket.close(code);
  }

  #playerSession(input: Input): PlayerSession {
    return {
      clock: this.#deps.clock,
      voice: this.#deps.voice,
      paceMs: this.#deps.paceMs,
      log: this.#log,
      send: this.#send,
      sendFrame: this.#sendFrame,
      drop: (code) => this.#drop(code),
      onAudio: () => {
        this.#hasAudio = true;
      },
      usageOf: (response) => usageOf(input, response.items, this.#lastInput),
    };
  }
}
