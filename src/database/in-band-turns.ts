import type { Clock } from '../clock.ts';
import { KeyedQueue } from '../conversation/queue/keyed-queue.ts';
import { type AddResult, MAX_WAITING, MAX_WAITING_PER_PERSON, type TurnJob } from '../conversation/queue/turn-queue.ts';
import { personOf } from '../conversation/speakers.ts';
import type { UserMessage } from '../conversation/user-message.ts';
import { TurnError } from '../errors.ts';
import { Shares } from '../shares.ts';
import { DatabaseJob, type JobServices } from './database-job.ts';
import { jobId, storedKey } from './names.ts';

/** What became of an in-band message, and when its turn has ended. */
export interface InBandResult {
  readonly result: AddResult;
  readonly done: Promise<void>;
}

interface Entry {
  readonly job: DatabaseJob;
  readonly end: () => void;
}

/** Over all conversations. Each holds a request open. */
const MAX_IN_BAND = 1_000;

/** Turns whose answers go back in their requests: in order within a conversation, on this instance alone. */
export class InBandTurns {
  readonly #services: JobServices;
  readonly #clock: Clock;
  readonly #queue = new KeyedQueue<Entry>((entry) => this.#work(entry));
  /** The ids of those that run or wait. Later ones are recognised by the record. */
  readonly #known = new Set<string>();
  readonly #shares = new Shares({ max: MAX_IN_BAND, maxPerPerson: MAX_WAITING_PER_PERSON });
  #run: (job: TurnJob) => Promise<void> = async () => {};
  #isDraining = false;

  constructor(services: JobServices, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
  }

  start(run: (job: TurnJob) => Promise<void>): void {
    this.#run = run;
    this.#queue.open();
  }

  add(message: UserMessage): InBandResult {
    const refused = (result: AddResult) => ({ result, done: Promise.resolve() });
    const id = jobId(message);
    const key = storedKey(message.key);
    if (this.#known.has(id)) return refused('duplicate');
    const person = personOf(message);
    const hasShare = this.#shares.hasShareLeft(person) && this.#queue.waitingCount(key) < MAX_WAITING;
    if (!hasShare) return refused('queueFull');
    const leave = this.#isDraining ? undefined : this.#shares.acquire(person);
    if (leave === undefined) return refused('busy');
    this.#known.add(id);
    const fields = { id, message, acceptedAtMs: this.#clock.now(), claim: undefined };
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const end = () => {
      leave();
      resolve();
    };
    this.#queue.add(key, { job: new DatabaseJob(fields, this.#services), end });
    return { result: 'queued', done };
  }

  /** Stops the turns of a conversation, by the stored key. The requests of those that wait end without an answer. */
  stop(key: string): void {
    for (const entry of this.#queue.remove(key)) this.#drop(entry);
    this.#queue.running(key)?.job.abort(new TurnError('cancelled', 'the user stopped the turn'));
  }

  /** See `drain` of the queue: nobody else answers what waits here. */
  async drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void> {
    this.#isDraining = true;
    const dismissed = this.#queue.remove().map(async (entry) => {
      await dismiss(entry.job.message);
      this.#drop(entry);
    });
    const cancel = this.#clock.after(graceMs, () => {
      for (const { job } of this.#queue.allRunning())
        job.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await Promise.all([this.#queue.whenIdle(), ...dismissed]);
    cancel();
  }

  async #work(entry: Entry): Promise<void> {
    await this.#run(entry.job);
    this.#drop(entry);
  }

  #drop({ job, end }: Entry): void {
    this.#known.delete(job.id);
    end();
  }
}
