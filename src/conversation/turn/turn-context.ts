import { within } from '../../clock.ts';
import { StoreError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { wordingFor } from '../../messages/messages.ts';
import type { TurnTelemetry } from '../../telemetry/turn-telemetry.ts';
import type { Begun, TurnJob } from '../queue/turn-queue.ts';
import type { ReplySink, Respond } from '../reply.ts';
import { retry } from '../retry.ts';
import type { Services } from '../services.ts';
import type { UserMessage } from '../user-message.ts';

/** A request that is open waits no longer for a store. */
const MAX_IN_BAND_WAIT_MS = 3_000;
/** How long a turn that was aborted waits for a store. */
const MAX_ENDING_MS = 10_000;

/** One attempt at a turn: what all of its steps share. */
export class TurnContext {
  readonly job: TurnJob;
  /** Its lines bear the names of the turn. */
  readonly log: Logger;
  readonly telemetry: TurnTelemetry;
  /** Named to the user when there is no answer, and in the log. */
  readonly incident: string;
  readonly #startedMs: number;
  readonly #respond: Respond;
  readonly #services: Services;
  /** The way back, while it is open. */
  #sink: ReplySink | undefined;
  /** Nobody is told, or told again, that the answer follows. */
  #isTold = false;

  constructor(job: TurnJob, respond: Respond, services: Services) {
    const { channel, key, activityId } = job.message;
    const { telemetry, ids, log } = services;
    this.job = job;
    this.log = log.child({ channel, conversation: key, activity: activityId, turn: job.id });
    this.telemetry = telemetry.turn({ key, channel, turnId: job.id, acceptedAtMs: job.acceptedAtMs });
    this.incident = ids.incident();
    this.#startedMs = services.clock.now();
    this.#respond = respond;
    this.#services = services;
  }

  get message(): UserMessage {
    return this.job.message;
  }

  /** Since the attempt began. */
  elapsedMs(): number {
    return this.#services.clock.now() - this.#startedMs;
  }

  /** The reply is out: of an outage from now on its user notices nothing. */
  noteReplied(): void {
    this.#isTold = true;
  }

  /** Opens the way back, runs `work` with it, and closes it. `start`: with a stream of an earlier attempt. */
  async open<T>(start: Pick<Begun, 'streamId'> | undefined, work: (sink: ReplySink) => Promise<T>): Promise<T> {
    const { signal } = this.job;
    const onBegun = (streamId: string) => this.job.noteStream(streamId);
    const inside = async (sink: ReplySink) => {
      this.#sink = sink;
      try {
        return await work(sink);
      } finally {
        this.#sink = undefined;
        if (signal.aborted && signal.reason.code === 'claim_lost') sink.abandon();
      }
    };
    return this.#respond(inside, { earlierId: start?.streamId, onBegun });
  }

  /** The answer goes out: nobody is told any more that it follows. */
  beginReply(): void {
    this.#isTold = true;
  }

  /**
   * Calls a store until it answers; the user is told once when that lasts. `signal` ends the waiting, with its reason:
   * by default that of the job. A turn whose request is open waits 3 s at most, then rejects with a StoreError.
   */
  stored<T>(call: () => Promise<T>, signal: AbortSignal = this.job.signal): Promise<T> {
    if (this.message.isInBand) return this.#storedWithin(MAX_IN_BAND_WAIT_MS, call, signal);
    const { clock } = this.#services;
    return retry(call, { clock, log: this.log, signal, onLasting: () => void this.#tellOfOutage() });
  }

  /** As `stored`, for what has to be stored even after the job was aborted: then it waits 10 s at most. */
  storedAtEnd<T>(call: () => Promise<T>): Promise<T> {
    return this.job.signal.aborted ? this.#storedWithin(MAX_ENDING_MS, call) : this.stored(call);
  }

  async #storedWithin<T>(limitMs: number, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock } = this.#services;
    const limit = new AbortController();
    const late = () => new StoreError('store_unavailable', `no answer within ${limitMs} ms`);
    const ends = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
    try {
      return await within(clock, limitMs, retry(call, { clock, log: this.log, signal: ends }), late);
    } finally {
      limit.abort(late());
    }
  }

  async #tellOfOutage(): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    const text = wordingFor(this.message.locale).storage.lasting;
    try {
      if (this.#sink === undefined) await this.#respond((sink) => sink.send({ text, audio: undefined }));
      else await this.#sink.notify(text);
    } catch (err) {
      this.log.warn({ err }, 'user not told of the outage');
    }
  }
}
