import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, sleep } from '../../src/clock.ts';
import type { Logger } from '../../src/log.ts';
import { audioSteps, costOf, cutTo, type Rendered, type Step, textSteps } from './deltas.ts';
import type { Send } from './events.ts';
import { audioMs, PCM } from './fields.ts';
import { encodeAudio } from './g711.ts';
import type { Ending, ExtraFrame, Output, ScriptedResponse, ServiceError } from './responder.ts';
import { type ActiveResponse, OutputItem, type ResponseStatus, type StatusDetails } from './response.ts';
import type { Voice } from './voice.ts';
import { SERVER_FAULT } from './wire-errors.ts';

/** What a performance is played on: one socket and what belongs to it. */
export interface Stage {
  readonly clock: Clock;
  readonly voice: Voice;
  readonly log: Logger;
  /** Pause before each delta, in milliseconds. */
  readonly paceMs: number;
  readonly send: Send;
  sendFrame(data: ExtraFrame['data']): void;
  /** Ends the socket: abruptly, or with a close frame. */
  drop(code?: number): void;
  /** From now on the session's voice is fixed. */
  onAudio(): void;
  usageOf(response: ActiveResponse): Record<string, unknown>;
}

/** What can be played; a rejection is no response at all. */
type PlayableEnding = Exclude<Ending, { kind: 'reject' }>;
export type Playable = ScriptedResponse & { readonly ending: PlayableEnding };

/** Plays one performance as the events of one response, to its end. Never rejects. */
export async function perform(performance: Playable, response: ActiveResponse, stage: Stage): Promise<void> {
  const player = new ResponsePlayer(performance, response, stage);
  try {
    await player.play();
  } catch (error) {
    if (!response.signal.aborted) stage.log.error({ err: error, response: response.id }, 'the response failed');
    player.playFault();
  }
}

/** How the outputs came to their end: all sent, cut by `max_output_tokens`, or stopped by the ending's `afterDeltas`. */
type Played = 'all' | 'cut' | 'stopped';

class ResponsePlayer {
  readonly #performance: Playable;
  readonly #response: ActiveResponse;
  readonly #stage: Stage;
  #deltasLeft: number;
  #tokensLeft: number;
  /** The item that is being sent: who stops the response closes it. */
  #open: OutputItem | undefined;

  constructor(performance: Playable, response: ActiveResponse, stage: Stage) {
    this.#performance = performance;
    this.#response = response;
    this.#stage = stage;
    this.#deltasLeft = 'afterDeltas' in performance.ending ? performance.ending.afterDeltas : Number.POSITIVE_INFINITY;
    const { maxOutputTokens } = response.request;
    this.#tokensLeft = maxOutputTokens === 'inf' ? Number.POSITIVE_INFINITY : maxOutputTokens;
  }

  async play(): Promise<void> {
    const { ending, gate, delayMs } = this.#performance;
    const { signal } = this.#response;
    this.#playFrames('beforeCreated');
    if (ending.kind === 'hang' && ending.created === false) await forever(signal);
    this.#stage.send({ type: 'response.created', response: this.#response.wire('in_progress') });
    this.#stage.send({ type: 'rate_limits.updated', rate_limits: RATE_LIMITS });
    this.#playFrames('start');
    if (gate !== undefined) await orStopped(gate, signal);
    if (delayMs !== undefined) await sleep(this.#stage.clock, delayMs, signal);
    const played = await this.#playOutputs();
    await this.#playEnding(played === 'cut' ? endingAfterCut(ending) : ending);
  }

  /** The mind's own fault, the voice's, or a stop by the client. */
  playFault(): void {
    const { signal } = this.#response;
    if (signal.reason === 'closed') return;
    this.#close('incomplete');
    if (signal.aborted) this.#done('cancelled', { type: 'cancelled', reason: 'client_cancelled' });
    else this.#done('failed', failure(SERVER_FAULT));
  }

  #playFrames(at: ExtraFrame['at']): void {
    for (const frame of this.#performance.frames ?? []) {
      if (frame.at === at) this.#stage.sendFrame(frame.data);
    }
  }

  async #playOutputs(): Promise<Played> {
    const { outputs, ending } = this.#performance;
    const breaksOff = ending.kind === 'incomplete' || ending.kind === 'failed';
    for (const [index, output] of outputs.entries()) {
      if (this.#deltasLeft <= 0) return 'stopped';
      if (this.#tokensLeft <= 0) return 'cut';
      const isLast = index === outputs.length - 1;
      const played = await this.#playOutput(output, isLast && breaksOff);
      if (played !== 'all') return played;
    }
    return 'all';
  }

  async #playOutput(output: Output, breaksOff: boolean): Promise<Played> {
    const kind = output.modality ?? this.#response.request.modality;
    const whole: Rendered = { text: output.text, pcm: kind === 'text' ? NO_SOUND : await this.#soundOf(output) };
    const rendered = cutTo(whole, this.#tokensLeft);
    const isCut = rendered !== whole;
    this.#tokensLeft -= costOf(rendered);
    this.#open = new OutputItem(this.#response, this.#stage.send, kind, output.transcript ?? true);
    this.#open.open();
    const steps = kind === 'text' ? textSteps(rendered.text) : audioSteps(rendered.text, rendered.pcm);
    for (const step of steps) {
      if (this.#deltasLeft <= 0) return 'stopped';
      await this.#pace();
      this.#playStep(step, this.#open);
      this.#deltasLeft -= 1;
    }
    this.#close(isCut || breaksOff ? 'incomplete' : 'completed');
    return isCut ? 'cut' : 'all';
  }

  #close(status: 'completed' | 'incomplete'): void {
    this.#open?.close(status);
    this.#open = undefined;
  }

  #soundOf({ pcm, text }: Output): Promise<Uint8Array> | Uint8Array {
    return pcm ?? orStopped(this.#stage.voice.speak(text), this.#response.signal);
  }

  #playStep({ words, audio }: Step, item: OutputItem): void {
    for (const word of words) item.say(word);
    if (audio === undefined) return;
    this.#stage.onAudio();
    item.sound(encodeAudio(audio, this.#response.request.format), audioMs(audio.byteLength, PCM));
  }

  /** Even without a pause the client gets a chance to cancel between two deltas. */
  async #pace(): Promise<void> {
    const { clock, paceMs } = this.#stage;
    if (paceMs > 0) await sleep(clock, paceMs, this.#response.signal);
    else await nextTurn();
    this.#response.signal.throwIfAborted();
  }

  async #playEnding(ending: PlayableEnding): Promise<void> {
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
        this.#stage.drop(ending.code);
        break;
      case 'hang':
        await forever(this.#response.signal);
        break;
    }
  }

  #done(status: ResponseStatus, details: StatusDetails): void {
    this.#playFrames('end');
    // The service counts nothing for a response that failed.
    const usage = status === 'failed' ? undefined : this.#stage.usageOf(this.#response);
    this.#stage.send({ type: 'response.done', response: this.#response.wire(status, details, usage) });
  }
}

const NO_SOUND = new Uint8Array();

/** Fixed numbers: the simulator has no limits. */
const RATE_LIMITS = [
  { name: 'requests', limit: 200, remaining: 199, reset_seconds: 0.3 },
  { name: 'tokens', limit: 100_000, remaining: 99_000, reset_seconds: 0.6 },
];

function failure({ type, code, message }: ServiceError): StatusDetails {
  return { type: 'failed', error: { type, code, message } };
}

/** What the client asked for wins over how the mind meant to end, unless that is a fault. */
function endingAfterCut(ending: PlayableEnding): PlayableEnding {
  if (ending.kind !== 'completed' && ending.kind !== 'incomplete') return ending;
  return { kind: 'incomplete', reason: 'max_output_tokens' };
}

/** Waits for `promise`, but no longer than until the response is stopped. */
async function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
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
  return orStopped(new Promise<never>(() => {}), signal);
}
