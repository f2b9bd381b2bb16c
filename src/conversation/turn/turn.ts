import { StoreError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { type Messages, messagesFor } from '../../messages/messages.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import type { TurnTelemetry } from '../../telemetry/turn-telemetry.ts';
import type { CompleteOptions, SaveResult, TurnJob } from '../queue/turn-queue.ts';
import type { Edit } from '../records.ts';
import type { ReplySender, WithReplySender } from '../reply.ts';
import { retry } from '../retry.ts';
import type { Services } from '../services.ts';
import type { UserMessage } from '../user-message.ts';

/** The longest that an open request waits for a store. */
const MAX_OPEN_REQUEST_WAIT_MS = 3_000;
/** How long a turn waits for a store at its end: if it was aborted, or if the call may stay undone. */
const MAX_ENDING_MS = 10_000;

/** One attempt at a turn: what all of its steps share. */
export class Turn {
  readonly job: TurnJob;
  readonly services: Services;
  /** Each line has the ids of the turn. */
  readonly log: Logger;
  readonly telemetry: TurnTelemetry;
  /** The id that an apology gives the user, and that the log repeats. */
  readonly incident: string;
  /** The model's result; `undefined` until the model was asked. */
  modelResult: ModelResult | undefined;
  /** What the attempt has cost so far, in US dollars; `undefined` while nothing is reserved for it. */
  costUsd: number | undefined;
  readonly #startedMs: number;
  readonly #withReplySender: WithReplySender;
  readonly #ended = Promise.withResolvers<void>();
  #sender: ReplySender | undefined;
  #closed: Promise<void> | undefined;
  #signal: AbortSignal;
  /** The notice of an outage was sent, or is not needed any more. */
  #isNoticeDone = false;

  constructor(job: TurnJob, withReplySender: WithReplySender, services: Services) {
    const { channel, key, activityId } = job.message;
    const { telemetry, ids, log } = services;
    this.job = job;
    this.services = services;
    this.log = log.child({ channel, conversation: key, activity: activityId, turn: job.id });
    this.telemetry = telemetry.turn({ key, channel, turnId: job.id, acceptedAtMs: job.acceptedAtMs });
    this.incident = ids.incident();
    this.#startedMs = services.clock.now();
    this.#withReplySender = withReplySender;
    this.#signal = job.signal;
  }

  get message(): UserMessage {
    return this.job.message;
  }

  /** The texts in the language of the message's user. */
  get messages(): Messages {
    return messagesFor(this.message.locale);
  }

  /**
   * Aborted, with a TurnError, when nobody wants the answer from this attempt any more: `job.signal`, and once the
   * sender is open also the Stop button where the answer is shown.
   */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Whether the sender is open. */
  get isOpen(): boolean {
    return this.#sender !== undefined;
  }

  /** The time since the attempt began. */
  elapsedMs(): number {
    return this.services.clock.now() - this.#startedMs;
  }

  /**
   * Returns the sender. Opens it the first time; it stays open until `close`. `streamId`: the reply replaces that
   * stream. Rejects if the channel cannot be opened.
   */
  async sender(streamId?: string): Promise<ReplySender> {
    if (this.#sender !== undefined) return this.#sender;
    const { promise: opened, resolve } = Promise.withResolvers<ReplySender>();
    // The scope of `withReplySender` lasts until `#ended` is resolved.
    const untilEnded = (sender: ReplySender) => {
      resolve(sender);
      return this.#ended.promise;
    };
    const closed = this.#withReplySender(untilEnded, {
      earlierId: streamId,
      onBegun: (id) => this.job.saveStreamId(id),
    });
    // `closed` settles first only if opening fails.
    this.#sender = await Promise.race([opened, closed.then(() => opened)]);
    this.#closed = closed;
    this.#signal = AbortSignal.any([this.job.signal, this.#sender.stopped]);
    return this.#sender;
  }

  /** Leaves what was shown to another attempt, which goes on with it. */
  abandonStream(): void {
    this.#sender?.abandon();
  }

  /** Closes the sender. Never rejects. */
  async close(): Promise<void> {
    this.#sender = undefined;
    this.#ended.resolve();
    if (this.#closed !== undefined) await this.orLog(this.#closed, 'reply sender not closed');
  }

  /** Settles as `work`, or logs its error as `failure` and resolves with `undefined`. */
  orLog<T>(work: Promise<T>, failure: string): Promise<T | undefined> {
    return work.catch((err: unknown) => void this.log.warn({ err }, failure));
  }

  /** Call it before the answer is sent: the notice of an outage is no longer needed. */
  cancelOutageNotice(): void {
    this.#isNoticeDone = true;
  }

  /** Saves an edit of the record. An open request gets its answer also when that fails: nobody else can give it. */
  async save(edit: Edit): Promise<SaveResult> {
    try {
      return await this.retryStoreEvenIfAborted(() => this.job.save(edit));
    } catch (err) {
      if (!this.message.expectsReplies || !(err instanceof StoreError)) throw err;
      this.log.warn({ err }, 'turn not saved');
      // As if it were saved: the reply goes out whole.
      return 'saved';
    }
  }

  /** Completes the job, also after it was aborted. False when superseded. */
  complete(options?: CompleteOptions): Promise<boolean> {
    return this.retryStoreEvenIfAborted(() => this.job.complete(options));
  }

  /**
   * Calls a store until it answers; the user gets one notice when that lasts. `signal` ends the pauses between calls,
   * with its reason; the default is the job's, which `/stop`, a lost claim and a shutdown abort. Pass `turn.signal`,
   * which the Stop button aborts as well, if nothing was begun yet that has to be recorded. A turn whose request is
   * open waits 3 s at most, then rejects with a StoreError.
   */
  retryStore<T>(call: () => Promise<T>, signal = this.job.signal): Promise<T> {
    const { clock } = this.services;
    const { log } = this;
    if (this.message.expectsReplies) return retry(call, { clock, log, signal, limitMs: MAX_OPEN_REQUEST_WAIT_MS });
    return retry(call, { clock, log, signal, onDelayed: () => void this.#notifyOfOutage() });
  }

  /** Works as `retryStore`; if the job was aborted, it waits 10 s at most. */
  retryStoreEvenIfAborted<T>(call: () => Promise<T>): Promise<T> {
    return this.job.signal.aborted ? this.retryStoreBriefly(call) : this.retryStore(call);
  }

  /** Works as `retryStore`, for 10 s at most, also if the job was aborted: for what may stay undone. */
  retryStoreBriefly<T>(call: () => Promise<T>): Promise<T> {
    return retry(call, { clock: this.services.clock, log: this.log, limitMs: MAX_ENDING_MS });
  }

  async #notifyOfOutage(): Promise<void> {
    if (this.#isNoticeDone) return;
    this.#isNoticeDone = true;
    const text = this.messages.storage.delayed;
    try {
      if (this.#sender === undefined) await this.#withReplySender((sender) => sender.send({ text }));
      else await this.#sender.notify(text);
    } catch (err) {
      this.log.warn({ err }, 'notice of the outage not sent');
    }
  }
}
