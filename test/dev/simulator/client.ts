import assert from 'node:assert/strict';
import { type ClientOptions, WebSocket } from 'ws';
import type { Ending, Responder, ScriptedResponse } from '../../../dev/simulator/responder.ts';
import { type ScriptedTurn, scripted } from '../../../dev/simulator/script.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../dev/simulator/simulator.ts';
import { toneVoice } from '../../../dev/simulator/voice.ts';

// What the tests of the simulator share: a simulator without pauses, and a client that speaks the raw protocol.

export type Json = Record<string, unknown>;

/** No event of these tests takes a second; a missing one fails its test instead of holding up the run. */
const TIMEOUT_MS = 15_000;

export interface Running extends AsyncDisposable {
  readonly server: Simulator;
  connect(path?: string, options?: ClientOptions): Promise<Client>;
}

/** A simulator that ends with the test. `responder` may be a list of scripted turns. */
export async function simulate(
  responder: Responder | readonly ScriptedTurn[],
  options: Partial<SimulatorOptions> = {},
): Promise<Running> {
  const scriptedResponder = typeof responder === 'function' ? responder : scripted(responder).responder;
  const server = await startSimulator({
    responder: scriptedResponder,
    voice: toneVoice(),
    paceMs: 0,
    ...options,
  });
  return {
    server,
    connect: (path, clientOptions) => Client.connect(server.url, path, clientOptions),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** One client. Events are read in order; what is waited for skips what comes before it. */
export class Client {
  static readonly PATH = '/openai/v1/realtime?model=simulator';
  readonly socket: WebSocket;
  /** Everything received so far, as text. */
  readonly frames: string[] = [];
  #read = 0;
  #wake = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.frames.push(String(data));
      this.#wake();
    });
    socket.on('close', () => this.#wake());
    socket.on('error', () => {});
  }

  /** Connects and waits for `session.created`. */
  static async connect(url: string, path = Client.PATH, options: ClientOptions = {}): Promise<Client> {
    const client = Client.open(url, path, options);
    await client.until('session.created');
    return client;
  }

  /** Begins to connect. */
  static open(url: string, path = Client.PATH, options: ClientOptions = {}): Client {
    return new Client(
      new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers: { 'api-key': 'any' }, ...options }),
    );
  }

  send(event: Json): void {
    this.socket.send(JSON.stringify(event));
  }

  /** The next event. */
  async next(): Promise<Json> {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    while (this.#read >= this.frames.length) {
      assert.ok(!deadline.aborted, `no further event in ${TIMEOUT_MS} ms after ${this.types().join(' ') || 'none'}`);
      assert.notEqual(this.socket.readyState, WebSocket.CLOSED, `closed after ${this.types().join(' ') || 'nothing'}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return JSON.parse(this.frames[this.#read++] ?? '') as Json;
  }

  /** All events up to and with the next one of this type. */
  async through(type: string): Promise<Json[]> {
    const events: Json[] = [];
    do events.push(await this.next());
    while (events.at(-1)?.['type'] !== type);
    return events;
  }

  async until(type: string): Promise<Json> {
    const events = await this.through(type);
    return events.at(-1) ?? {};
  }

  /** The `error` of the next error event. */
  async error(): Promise<Json> {
    return (await this.until('error'))['error'] as Json;
  }

  /** Proves that nothing is on its way: a harmless event is answered before anything else. */
  async nothingElse(): Promise<void> {
    this.send({ type: 'input_audio_buffer.clear' });
    assert.equal((await this.next())['type'], 'input_audio_buffer.cleared');
  }

  update(session: Json): void {
    this.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  }

  say(text: string, fields: Json = {}): void {
    const content = [{ type: 'input_text', text }];
    this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content, ...fields } });
  }

  /** One turn: a message, a response; its events from `response.created` on. */
  async ask(text: string, response: Json = {}): Promise<Json[]> {
    this.say(text);
    this.send({ type: 'response.create', response });
    await this.until('conversation.item.done');
    return this.through('response.done');
  }

  /** How the socket will be closed; an error before does not count. */
  closed(): Promise<{ code: number; reason: string }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`still open after ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
      this.socket.once('close', (code, reason) => {
        clearTimeout(timer);
        resolve({ code, reason: String(reason) });
      });
    });
  }

  types(): string[] {
    return this.frames.map((frame) => /"type":"([^"]+)"/.exec(frame)?.[1] ?? frame);
  }
}

/** The types of events, each run of deltas of one kind shown once. */
export function shape(events: readonly Json[]): string[] {
  const types = events.map(({ type }) => String(type));
  return types.filter((type, index) => type !== types[index - 1]);
}

/** What all deltas of a type carry, joined. */
export function joined(events: readonly Json[], type: string): string {
  return events
    .filter((event) => event['type'] === type)
    .map(({ delta }) => String(delta))
    .join('');
}

/** The bytes of all audio deltas. */
export function audioOf(events: readonly Json[]): Buffer {
  const deltas = events.filter(({ type }) => type === 'response.output_audio.delta');
  return Buffer.concat(deltas.map(({ delta }) => Buffer.from(String(delta), 'base64')));
}

/** `response` of the last event. */
export function responseOf(events: readonly Json[]): Json {
  return events.at(-1)?.['response'] as Json;
}

export function completed(text: string, more: Partial<ScriptedResponse> = {}): ScriptedResponse {
  return { outputs: [{ text }], ending: { kind: 'completed' }, ...more };
}

/** One second of known sound. */
export const SECOND = Uint8Array.from({ length: 48_000 }, (_, index) => index % 251);

/** One second of known sound, with these words. */
export function spoken(text: string, ending: Ending = { kind: 'completed' }): ScriptedResponse {
  return { outputs: [{ text, pcm: SECOND }], ending };
}

/** Asks, and waits for nothing. */
export function begin(client: Client, response: Json = {}): void {
  client.say('hi');
  client.send({ type: 'response.create', event_id: 'evt_create', response });
}
