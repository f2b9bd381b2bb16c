import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, sleep } from '../../src/clock.ts';
import type { Logger } from '../../src/log.ts';
import { audioSteps, cutTo, type Rendered, type Step, textSteps, tokensOf } from './deltas.ts';
import type { Send } from './events.ts';
import { audioMs } from './fields.ts';
import type { Ending, ExtraFrame, Output, ScriptedResponse, ServiceError } from './responder.ts';
import { type ActiveResponse, OutputItem, type ResponseStatus, type StatusDetails } from './response.ts';
import type { Voice } from './voice.ts';
import { SERVER_FAULT } from './wire-errors.ts';

/** The session in which a response is played. */
export interface PlayerSession {
  readonly clock: Clock;
  readonly voice: Voice;
  readonly log: Logger;
  /** Milliseconds before each delta. */
  readonly paceMs: number;
  readonly send: Send;
  sendFrame(data: ExtraFrame['data']): void;
  /** Ends the socket: abruptly, or with a close frame that has this code. */
  drop(code?: number): void;
  /** Called for the first audio and all that follows: from then on the voice of the session is fixed. */
  onAudio(): void;
  usageOf(response: ActiveResponse): Record<string, unknown>;
}

/** A rejection is no response, so it cannot be played. */
type PlayedEnding = Exclude<Ending, { kind: 'reject' }>;
export type PlayableResponse = ScriptedResponse & { readonly ending: PlayedEnding };

/** Sends the events of one scripted response. Never rejects. */
export async function playResponse(
  script: PlayableResponse,
  response: ActiveResponse,
  session: PlayerSession,
): Promise<void> {
  const player = new ResponsePlayer(script, response, session);
  try {
    await player.play();
  } catch (error) {
    if (!response.signal.aborted) session.log.error({ err: error, response: response.id }, 'response failed');
    player.fail();
  }
}

/** Whether all outputs were sent, `max_output_tokens` cut them, or the `afterDeltas` of the ending stopped them. */
type Played = 'all' | 'cut' | 'stopped';

class ResponsePlayer {
  readonly #script: PlayableResponse;
  readonly #response: ActiveResponse;
  readonly #session: PlayerSession;
  #deltasLeft: number;
  #tokensLeft: number;
  /** The item that is being sent; a failure closes it. */
  #openItem: OutputItem | undefined;

  constructor(script: PlayableResponse, response: ActiveResponse, session: PlayerSession) {
    this.#script = script;
    this.#response = response;
    this.#session = session;
    this.#deltasLeft = 'afterDeltas' in script.ending ? script.ending.afterDeltas : Number.POSITIVE_INFINITY;
    const { maxOutputTokens } = response.request;
    this.#tokensLeft = maxOutputTokens === 'inf' ? Number.POSITIVE_INFINITY : maxOutputTokens;
  }

  async play(): Promise<void> {
    const { ending, gate, delayMs } = this.#script;
    const { signal } = this.#response;
    this.#playFrames('beforeCreated');
    if (ending.kind === 'hang' && ending.created === false) await forever(signal);
    this.#session.send({ type: 'response.created', response: this.#response.wire('in_progress') });
    this.#session.send({ type: 'rate_limits.updated', rate_limits: RATE_LIMITS });
    this.#playFrames('start');
    if (gate !== undefined) await untilStopped(gate, signal);
    if (delayMs !== undefined) await sleep(this.#session.clock, delayMs, signal);
    const played = await this.#playOutputs();
    await this.#playEnding(played === 'cut' ? cutEnding(ending) : ending);
  }

  /** Ends the response after an exception: the client cancelled it, or the responder or the voice failed. */
  fail(): void {
    const { signal } = this.#response;
    if (signal.reason === 'closed') return;
    this.#close('incomplete');
    if (signal.aborted) this.#done('cancelled', { type: 'cancelled', reason: 'client_cancelled' });
    else this.#done('failed', failure(SERVER_FAULT));
  }

  #playFrames(at: ExtraFrame['at']): void {
    for (const frame of this.#script.frames ?? []) {
      if (frame.at === at) this.#session.sendFrame(frame.data);
    }
  }

  async #playOutputs(): Promise<Played> {
    const { outputs, ending } = this.#script;
    const isBroken = ending.kind === 'incomplete' || ending.kind === 'failed';
    for (const [index, output] of outputs.entries()) {
      if (this.#deltasLeft <= 0) return 'stopped';
      if (this.#tokensLeft <= 0) return 'cut';
      const isLast = index === outputs.length - 1;
      const played = await this.#playOutput(output, isLast && isBroken);
      if (played !== 'all') return played;
    }
    return 'all';
  }

  async #playOutput(output: Output, isBroken: boolean): Promise<Played> {
    const modality = output.modality ?? this.#response.request.modality;
    const whole: Rendered = { text: output.text, pcm: modality === 'text' ? NO_AUDIO : await this.#audioOf(output) };
    const rendered = cutTo(whole, this.#tokensLeft);
    const isCut = rendered !== whole;
    this.#tokensLeft -= tokensOf(rendered);
    this.#openItem = new OutputItem(this.#response, this.#session.send, modality, output.transcript ?? true);
    this.#openItem.open();
    const steps = modality === 'text' ? textSteps(rendered.text) : audioSteps(rendered.text, rendered.pcm);
    for (const step of steps) {
      if (this.#deltasLeft <= 0) return 'stopped';
      await this.#pace();
      this.#playStep(step, this.#openItem);
      this.#deltasLeft -= 1;
    }
    this.#close(isCut || isBroken ? 'incomplete' : 'completed');
    return isCut ? 'cut' : 'all';
  }

  #close(status: 'completed' | 'incomplete'): void {
    this.#openItem?.close(status);
    this.#openItem = undefined;
  }

  #audioOf({ pcm, text }: Output): Promise<Uint8Array> | Uint8Array {
    return pcm ?? untilStopped(this.#session.voice.speak(text), this.#response.signal);
  }

  #playStep({ words, audio }: Step, item: OutputItem): void {
    for (const word of words) item.addText(word);
    if (audio === undefined) return;
    this.#session.onAudio();
    item.addAudio(audio, audioMs(audio.byteLength));
  }

  /** Yields even without a pause, so that the client can cancel between two deltas. */
  async #pace(): Promise<void> {
    const { clock, paceMs } = this.#session;
    if (paceMs > 0) await sleep(clock, paceMs, this.#response.signal);
    else await nextTurn();
    this.#response.signal.throwIfAborted();
  }

  async #playEnding(ending: PlayedEnding): Promise<void> {
    switch (ending.kind) {
      case 'completed':
        this.#done('completed', null);
        break;
      case 'incomplete':
        this.#done('incomplete', { type: 'incomplete', reason: ending.reason });
        break;
      case 'failed':
        this.#done('failed', failure(ending.error));
        break;
      case 'disconnect':
        this.#session.drop(ending.code);
        break;
      case 'hang':
        await forever(this.#response.signal);
        break;
    }
  }

  #done(status: ResponseStatus, details: StatusDetails): void {
    this.#playFrames('end');
    // The service reports no usage for a failed response.
    const usage = status === 'failed' ? undefined : this.#session.usageOf(this.#response);
    this.#session.send({ type: 'response.done', response: this.#response.wire(status, details, usage) });
  }
}

const NO_AUDIO = new Uint8Array();

/** Fixed: the simulator has no limits. */
const RATE_LIMITS = [
  { name: 'requests', limit: 200, remaining: 199, reset_seconds: 0.3 },
  { name: 'tokens', limit: 100_000, remaining: 99_000, reset_seconds: 0.6 },
];

function failure({ type, code, message }: ServiceError): StatusDetails {
  return { type: 'failed', error: { type, code, message } };
}

/** The token limit of the client takes precedence over a regular ending, but not over a fault. */
function cutEnding(ending: PlayedEnding): PlayedEnding {
  if (ending.kind !== 'completed' && ending.kind !== 'incomplete') return ending;
  return { kind: 'incomplete', reason: 'max_output_tokens' };
}

/** Settles like `promise`, or rejects as soon as the response is stopped. */
async function untilStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const onAbort = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function forever(signal: AbortSignal): Promise<never> {
  return untilStopped(new Promise<never>(() => {}), signal);
}
