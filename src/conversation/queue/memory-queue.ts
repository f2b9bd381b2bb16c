import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { TurnError } from '../../errors.ts';
import type { Ids } from '../../ids.ts';
import { lruOptions } from '../../lru-options.ts';
import { Shares } from '../../shares.ts';
import { messageId } from '../keys.ts';
import type { MemoryRecords } from '../memory-records.ts';
import { type Edit, withAnswered } from '../records.ts';
import { personOf } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import { KeyedQueue } from './keyed-queue.ts';
import {
  type AddResult,
  MAX_WAITING,
  MAX_WAITING_BYTES,
  MAX_WAITING_IN_ALL,
  MAX_WAITING_PER_PERSON,
  type SaveResult,
  type TurnJob,
  type TurnQueue,
  type TurnStart,
} from './turn-queue.ts';

/** What the memory queue needs. */
export interface MemoryQueueOptions {
  readonly records: MemoryRecords;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** For how long an activity is recognised. Channels deliver again within minutes. */
const KNOWN_FOR_MS = 3_600_000;
const MAX_KNOWN = 50_000;

/** Accepted messages in the memory of this process: they end with it. */
export class MemoryQueue implements TurnQueue {
  readonly #options: MemoryQueueOptions;
  readonly #known: LRUCache<string, true>;
  readonly #jobs = new KeyedQueue<MemoryJob>((job) => this.#work(job));
  readonly #waiting = new Shares({ max: Number.POSITIVE_INFINITY, maxPerPerson: MAX_WAITING_PER_PERSON });
  /** Running ones are among those: nobody else takes them. */
  readonly #messages = new Shares({ max: MAX_WAITING_IN_ALL, maxPerPerson: MAX_WAITING_IN_ALL });
  readonly #chars = new Shares({ max: MAX_WAITING_BYTES, maxPerPerson: MAX_WAITING_BYTES });
  #run: (job: TurnJob) => Promise<void> = async () => {};
  #isDraining = false;

  constructor(options: MemoryQueueOptions) {
    this.#options = options;
    const perf = { now: () => options.clock.now() };
    this.#known = new LRUCache({ ...lruOptions(MAX_KNOWN), ttl: KNOWN_FOR_MS, ttlResolution: 0, perf });
  }

  async add(message: UserMessage): Promise<AddResult> {
    return this.#add(message).result;
  }

  async addInBand(message: UserMessage): Promise<{ readonly result: AddResult; readonly done: Promise<void> }> {
    return this.#add(message);
  }

  async hasRoom(key: string): Promise<boolean> {
    return this.#jobs.waitingCount(key) < MAX_WAITING;
  }

  start(run: (job: TurnJob) => Promise<void>): void {
    this.#run = run;
    this.#jobs.open();
  }

  async drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void> {
    this.#isDraining = true;
    const dismissed = this.#jobs.remove().map(async (job) => {
      await dismiss(job.message);
      job.end();
    });
    const cancelTimer = this.#options.clock.after(graceMs, () => {
      for (const job of this.#jobs.allRunning()) job.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await Promise.all([this.#jobs.whenIdle(), ...dismissed]);
    cancelTimer();
  }

  /** Cancels messages of a conversation that wait. */
  cancelWaiting(key: string, isMeant: (message: UserMessage) => boolean = () => true): void {
    for (const job of this.#jobs.remove(key, ({ message }) => isMeant(message))) job.end();
  }

  /** The turn of a conversation that runs now. */
  running(key: string): MemoryJob | undefined {
    return this.#jobs.running(key);
  }

  #add(message: UserMessage): { readonly result: AddResult; readonly done: Promise<void> } {
    const name = JSON.stringify([message.key, message.activityId]);
    const refused = (result: AddResult) => ({ result, done: Promise.resolve() });
    if (this.#known.has(name)) return refused('duplicate');
    const person = personOf(message);
    const charCount = charsOf(message);
    const isFull = !this.#messages.hasRoom(person) || !this.#chars.hasRoom(person, charCount);
    if (this.#isDraining || isFull) return refused('busy');
    this.#known.set(name, true);
    const leaveQueue = this.#jobs.waitingCount(message.key) < MAX_WAITING ? this.#waiting.acquire(person) : undefined;
    if (leaveQueue === undefined) return refused('queueFull');
    const held = [leaveQueue, this.#messages.acquire(person), this.#chars.acquire(person, charCount)];
    const onEnd = () => {
      for (const release of held) release?.();
    };
    const job = new MemoryJob(message, { ...this.#options, leaveQueue, onEnd });
    this.#jobs.add(message.key, job);
    return { result: 'queued', done: job.done };
  }

  async #work(job: MemoryJob): Promise<void> {
    job.leaveQueue();
    await this.#run(job);
    job.end();
  }
}

interface MemoryJobOptions extends MemoryQueueOptions {
  /** It waits no more. */
  readonly leaveQueue: () => void;
  readonly onEnd: () => void;
}

/** The one attempt at a message in memory. */
export class MemoryJob implements TurnJob {
  readonly id: string;
  readonly message: UserMessage;
  readonly acceptedAtMs: number;
  /** A message in memory ends with its process. */
  readonly isTransferable = false;
  readonly isRetry = false;
  /** Resolves when the message is answered, or will not be. */
  readonly done: Promise<void>;
  readonly end: () => void;
  readonly leaveQueue: () => void;
  readonly #records: MemoryRecords;
  readonly #stop = new AbortController();
  #isObsolete = false;

  constructor(message: UserMessage, { records, clock, ids, leaveQueue, onEnd }: MemoryJobOptions) {
    this.id = ids.secret();
    this.message = message;
    this.acceptedAtMs = clock.now();
    this.#records = records;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.leaveQueue = leaveQueue;
    this.end = () => {
      onEnd();
      resolve();
    };
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  abort(reason: TurnError): void {
    this.#stop.abort(reason);
  }

  /** The conversation was reset or forgotten: this turn writes nothing more. */
  makeObsolete(): void {
    this.#isObsolete = true;
  }

  async begin(): Promise<TurnStart> {
    const { key, team } = this.message;
    if (this.signal.aborted && this.signal.reason.code === 'cancelled') return { kind: 'stopped' };
    return { kind: 'begun', record: this.#records.open(key, team), attempt: 1, streamId: undefined };
  }

  async save(edit: Edit): Promise<SaveResult> {
    if (this.#isObsolete) return 'obsolete';
    const { key } = this.message;
    this.#records.write(key, edit(this.#records.read(key)));
    return 'saved';
  }

  async complete(): Promise<boolean> {
    const { key } = this.message;
    this.#records.write(key, withAnswered(this.#records.read(key), messageId(this.message)));
    return true;
  }

  /** There is no place where an operator would find it. */
  async deadLetter(): Promise<boolean> {
    return this.complete();
  }

  async release(): Promise<void> {
    // Nobody else can answer it: see `isTransferable`.
  }

  noteStream(): void {
    // No other attempt follows.
  }
}

/** What a message holds, about: of attachments only addresses are long, since a file may stand in one. */
function charsOf({ text, attachments }: UserMessage): number {
  return attachments.reduce((sum, each) => sum + (each.kind === 'file' ? each.url.length : 0), text.length);
}
