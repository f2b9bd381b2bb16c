import { within } from '../../clock.ts';
import { StoreError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { wordingFor } from '../../messages/messages.ts';
import type { TurnTelemetry } from '../../telemetry/turn-telemetry.ts';
import type { TurnJob, TurnStart } from '../queue/turn-queue.ts';
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

  /** Opens the way back, runs `work` with it, and closes it. `start`: with a stream of an earlier attempt. */
  async open<T>(start: Pick<TurnStart, 'streamId'> | undefined, work: (sink: ReplySink) => Promise<T>): Promise<T> {
    const onBegun = (streamId: string) => this.job.noteStream(streamId);
    const inside = (sink: ReplySink) => {
      this.#sink = sink;
      return work(sink);
    };
    try {
      return await this.#respond(inside, { earlierId: start?.streamId, onBegun });
    } finally {
      this.#sink = undefined;
    }
  }

  /**
   * Calls a store until it answers; the user is told once when that lasts. `signal` ends the waiting, with its reason:
   * by default that of the job. A turn whose request is open waits 3 s at most, then rejects with a StoreError.
   */
  stored<T>(call: () => Promise<T>, signal: AbortSignal = this.job.signal): Promise<T> {
    const { clock } = this.#services;
    if (!this.message.isInBand)
      return retry(call, { clock, log: this.log, signal, onLasting: () => void this.#tellOfOutage() });
    const limit = new AbortController();
    const waiting = retry(call, { clock, log: this.log, signal: AbortSignal.any([signal, limit.signal]) });
    const late = () => new StoreError('store_unavailable', `no answer within ${MAX_IN_BAND_WAIT_MS} ms`);
    return within(clock, MAX_IN_BAND_WAIT_MS, waiting, late).finally(() => limit.abort(late()));
  }

  /**
   * The job's signal for what has to be stored even after its user stopped the turn: then it is aborted 10 s later, since
   * a signal that was aborted does not tell that the process ends.
   */
  endingSignal(): AbortSignal {
    const { signal } = this.job;
    if (!signal.aborted) return signal;
    const limit = new AbortController();
    this.#services.clock.after(MAX_ENDING_MS, () => limit.abort(signal.reason));
    return limit.signal;
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
