import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, sleep } from '../../src/clock.ts';
import { unlessAborted } from '../../src/deadline.ts';
import type { Logger } from '../../src/log.ts';
import {
  argumentDeltas,
  audioSteps,
  cutArguments,
  cutTo,
  type Rendered,
  type Step,
  textSteps,
  tokensOf,
} from './deltas.ts';
import type { Send } from './events.ts';
import { audioMs } from './fields.ts';
import type { Phase } from './items.ts';
import { OutputCall } from './output-call.ts';
import { groupsOf, type OutputGroup } from './output-groups.ts';
import type { OutputItem } from './output-item.ts';
import { OutputMessage } from './output-message.ts';
import type { Ending, ExtraFrame, ScriptedCall, ScriptedMessage, ScriptedResponse, ServiceError } from './responder.ts';
import type { ActiveResponse, ResponseStatus, StatusDetails } from './response.ts';
import { textTokens } from './usage.ts';
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

/** A rejection is not a response, so it cannot be played. */
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
    player.endAfterError();
  }
}

/** An output item that is open: its deltas are sent next. */
interface Begun {
  readonly deltas: readonly (() => void)[];
  /** Whether `max_output_tokens` cut it. */
  readonly isCut: boolean;
}

const NOTHING: Begun = { deltas: [], isCut: false };

/** Whether all outputs were sent, `max_output_tokens` cut them, or the `afterDeltas` of the ending stopped them. */
type Played = 'all' | 'cut' | 'stopped';

class ResponsePlayer {
  readonly #script: PlayableResponse;
  readonly #response: ActiveResponse;
  readonly #session: PlayerSession;
  #deltasLeft: number;
  #tokensLeft: number;
  /** The items that are being sent; a failure closes them. */
  readonly #openItems: OutputItem[] = [];

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
    if (gate !== undefined) await unlessAborted(signal, () => gate);
    if (delayMs !== undefined) await sleep(this.#session.clock, delayMs, signal);
    const played = await this.#playOutputs();
    await this.#playEnding(played === 'cut' ? cutEnding(ending) : ending);
  }

  /** Ends the response after an exception: the client cancelled it, or the responder or the voice failed. */
  endAfterError(): void {
    const { signal } = this.#response;
    if (signal.reason === 'closed') return;
    this.#close({ status: 'incomplete', lastStatus: 'incomplete' });
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
    const isLastIncomplete = ending.kind === 'incomplete' || ending.kind === 'failed';
    const groups = groupsOf(outputs);
    for (const [index, group] of groups.entries()) {
      if (this.#deltasLeft <= 0) return 'stopped';
      if (this.#tokensLeft <= 0) return 'cut';
      const isLast = index === groups.length - 1;
      const played = await this.#playGroup(group, isLast && isLastIncomplete);
      if (played !== 'all') return played;
    }
    return 'all';
  }

  /**
   * Sends a message with the calls after it. The service keeps the message open while it sends the calls: the last
   * delta of the message comes after them, and then all items end. `isLastIncomplete`: the last item ends incomplete.
   */
  async #playGroup({ message, calls, phase }: OutputGroup, isLastIncomplete: boolean): Promise<Played> {
    const begunMessage = message === undefined ? NOTHING : await this.#beginMessage(message, phase);
    const { deltas } = begunMessage;
    // The only delta of a message is not held back.
    const heldCount = calls.length > 0 && deltas.length > 1 ? 1 : 0;
    const heldDeltas = deltas.slice(deltas.length - heldCount);
    if (!(await this.#sendDeltas(deltas.slice(0, deltas.length - heldCount)))) return 'stopped';
    let last = begunMessage;
    let begunCount = 0;
    for (const { call } of calls) {
      if (this.#deltasLeft <= 0) return 'stopped';
      if (last.isCut || this.#tokensLeft <= 0) break;
      last = this.#beginCall(call);
      begunCount += 1;
      if (!(await this.#sendDeltas(last.deltas))) return 'stopped';
    }
    if (!(await this.#sendDeltas(heldDeltas))) return 'stopped';
    const lastStatus = last.isCut || isLastIncomplete ? 'incomplete' : 'completed';
    this.#close({ status: 'completed', lastStatus });
    return last.isCut || begunCount < calls.length ? 'cut' : 'all';
  }

  async #beginMessage(output: ScriptedMessage, phase: Phase): Promise<Begun> {
    const modality = output.modality ?? this.#response.request.modality;
    const whole: Rendered = { text: output.text, pcm: modality === 'text' ? NO_AUDIO : await this.#audioOf(output) };
    const rendered = cutTo(whole, this.#tokensLeft);
    this.#tokensLeft -= tokensOf(rendered);
    const form = { modality, hasTranscript: output.transcript ?? true, phase };
    const item = new OutputMessage(this.#response, this.#session.send, form);
    this.#open(item);
    const steps = modality === 'text' ? textSteps(rendered.text) : audioSteps(rendered.text, rendered.pcm);
    return { deltas: steps.map((step) => () => this.#playStep(step, item)), isCut: rendered !== whole };
  }

  #beginCall(call: ScriptedCall['call']): Begun {
    const text = cutArguments(call.arguments, this.#tokensLeft);
    this.#tokensLeft -= textTokens(text);
    const item = new OutputCall(this.#response, this.#session.send, call);
    this.#open(item);
    return {
      deltas: argumentDeltas(text).map((delta) => () => item.addArguments(delta)),
      isCut: text !== call.arguments,
    };
  }

  /** False once the `afterDeltas` of the ending stopped it. */
  async #sendDeltas(deltas: Begun['deltas']): Promise<boolean> {
    for (const send of deltas) {
      if (this.#deltasLeft <= 0) return false;
      await this.#pace();
      send();
      this.#deltasLeft -= 1;
    }
    return true;
  }

  #open(item: OutputItem): void {
    this.#openItems.push(item);
    item.open();
  }

  /** Closes all open items in order. */
  #close({ status, lastStatus }: Record<'status' | 'lastStatus', 'completed' | 'incomplete'>): void {
    const items = this.#openItems.splice(0);
    for (const item of items) item.close(item === items.at(-1) ? lastStatus : status);
  }

  #audioOf({ pcm, text }: ScriptedMessage): Promise<Uint8Array> | Uint8Array {
    return pcm ?? unlessAborted(this.#response.signal, () => this.#session.voice.speak(text));
  }

  #playStep({ words, audio }: Step, item: OutputMessage): void {
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

function forever(signal: AbortSignal): Promise<never> {
  return unlessAborted(signal, () => new Promise<never>(() => {}));
}
