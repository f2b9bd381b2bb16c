import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { TurnError } from '../../errors.ts';
import { expiryOptions, lruOptions } from '../../lru-options.ts';
import { Shares } from '../../shares.ts';
import { personOf } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import {
  type AddedTurn,
  type AddResult,
  type CancelledMessages,
  MAX_WAITING,
  MAX_WAITING_BYTES,
  MAX_WAITING_IN_ALL,
  MAX_WAITING_PER_PERSON,
  type TurnJob,
  type TurnQueue,
} from './turn-queue.ts';

/** A job in the memory of this process: a message has only one. */
export interface LocalJob extends TurnJob {
  /** Aborts the signal. */
  abort(reason: TurnError): void;
}

interface QueuedTurn<Job> {
  readonly job: Job;
  /** Resolves when the turn has ended, or never begins. */
  readonly done: Promise<void>;
  readonly end: () => void;
}

/** Channels deliver an activity again within minutes. */
const KNOWN_FOR_MS = 3_600_000;
const MAX_KNOWN = 50_000;
const DONE = Promise.resolve();

/** Messages in the memory of this process. */
export class LocalQueue<Job extends LocalJob> implements TurnQueue {
  readonly #createJob: (message: UserMessage) => Job;
  readonly #clock: Clock;
  readonly #toStoredKey: (key: string) => string;
  readonly #known: LRUCache<string, true>;
  /** The turns that wait, by conversation; a conversation stays here while one of its turns runs. */
  readonly #waiting = new Map<string, QueuedTurn<Job>[]>();
  readonly #running = new Map<string, QueuedTurn<Job>>();
  /** Running turns count, too: a share is released when the turn ends. */
  readonly #messageShares = new Shares({ max: MAX_WAITING_IN_ALL, maxPerPerson: MAX_WAITING_PER_PERSON });
  /** Characters are counted here, not bytes: they are known without encoding the text. */
  readonly #charShares = new Shares({ max: MAX_WAITING_BYTES, maxPerPerson: MAX_WAITING_BYTES });
  #run: ((job: TurnJob) => Promise<void>) | undefined;

  /**
   * `toStoredKey` maps the key of a message to the one that `stop`, `running` and `cancelWaiting` get. Default: the
   * same.
   */
  constructor(createJob: (message: UserMessage) => Job, clock: Clock, toStoredKey = (key: string) => key) {
    this.#createJob = createJob;
    this.#clock = clock;
    this.#toStoredKey = toStoredKey;
    this.#known = new LRUCache({ ...lruOptions(MAX_KNOWN), ...expiryOptions(KNOWN_FOR_MS, clock) });
  }

  /** Queues the message before it returns, so that the order of the calls counts. */
  async add(message: UserMessage): Promise<AddedTurn> {
    const refused = (result: AddResult) => ({ result, done: DONE });
    const key = this.#toStoredKey(message.key);
    // Activity ids are unique only within a conversation.
    const name = JSON.stringify([message.key, message.activityId]);
    if (this.#known.has(name)) return refused('duplicate');
    const person = personOf(message);
    const waiting = this.#waiting.get(key);
    const hasOwnRoom = this.#hasRoom(message);
    const charCount = charsOf(message);
    if (hasOwnRoom && !(this.#messageShares.hasRoom(person) && this.#charShares.hasRoom(person, charCount)))
      return refused('busy');
    this.#known.set(name, true);
    if (!hasOwnRoom) return refused('queueFull');
    const turn = this.#createTurn(message, [
      this.#messageShares.acquire(person),
      this.#charShares.acquire(person, charCount),
    ]);
    if (waiting !== undefined) waiting.push(turn);
    else {
      this.#waiting.set(key, [turn]);
      if (this.#run !== undefined) void this.#work(key, this.#run);
    }
    return { result: 'queued', done: message.expectsReplies ? turn.done : DONE };
  }

  async hasRoom(message: Pick<UserMessage, 'key' | 'personKey'>): Promise<boolean> {
    return this.#hasRoom(message);
  }

  async hasTurn(message: UserMessage): Promise<boolean> {
    const key = this.#toStoredKey(message.key);
    const jobs = [this.running(key), ...(this.#waiting.get(key) ?? []).map(({ job }) => job)];
    return jobs.some((job) => job?.message.activityId === message.activityId);
  }

  start(run: (job: TurnJob) => Promise<void>): void {
    this.#run = run;
    for (const key of [...this.#waiting.keys()]) void this.#work(key, run);
  }

  async drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void> {
    const waiting = [...this.#waiting.values()].flatMap((turns) => turns.splice(0));
    const dismissed = waiting.map(({ job, end }) => dismiss(job.message).then(end));
    const running = [...this.#running.values()];
    const cancelTimer = this.#clock.after(graceMs, () => {
      for (const { job } of running) job.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await Promise.all([...dismissed, ...running.map(({ done }) => done)]);
    cancelTimer();
  }

  /** Cancels waiting messages of a conversation. */
  cancelWaiting(key: string, matches: (message: UserMessage) => boolean = () => true): CancelledMessages {
    const turns = this.#waiting.get(key) ?? [];
    const cancelled = turns.filter(({ job }) => matches(job.message));
    turns.splice(0, turns.length, ...turns.filter((turn) => !cancelled.includes(turn)));
    for (const { end } of cancelled) end();
    const approvalIds = cancelled.flatMap(({ job }) => job.message.approvalId ?? []);
    return { count: cancelled.length - approvalIds.length, approvalIds };
  }

  /** Cancels all waiting messages of a conversation and stops the turn that runs. Returns as `cancelWaiting`. */
  stop(key: string): CancelledMessages {
    const cancelled = this.cancelWaiting(key);
    this.running(key)?.abort(new TurnError('cancelled', 'the user stopped the turn'));
    return cancelled;
  }

  /** The turn of a conversation that runs now. */
  running(key: string): Job | undefined {
    return this.#running.get(key)?.job;
  }

  #hasRoom(message: Pick<UserMessage, 'key' | 'personKey'>): boolean {
    const waitingCount = this.#waiting.get(this.#toStoredKey(message.key))?.length ?? 0;
    return waitingCount < MAX_WAITING && this.#messageShares.hasShareLeft(personOf(message));
  }

  #createTurn(message: UserMessage, releases: readonly ((() => void) | undefined)[]): QueuedTurn<Job> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const end = () => {
      for (const release of releases) release?.();
      resolve();
    };
    return { job: this.#createJob(message), done, end };
  }

  async #work(key: string, run: (job: TurnJob) => Promise<void>): Promise<void> {
    for (let turn = this.#waiting.get(key)?.shift(); turn !== undefined; turn = this.#waiting.get(key)?.shift()) {
      this.#running.set(key, turn);
      await run(turn.job);
      turn.end();
    }
    this.#running.delete(key);
    this.#waiting.delete(key);
  }
}

/** Estimates the size of a message. Of attachments only addresses are long: a data URI contains its file. */
function charsOf({ text, attachments }: UserMessage): number {
  return attachments.reduce((sum, each) => sum + (each.kind === 'file' ? each.url.length : 0), text.length);
}
