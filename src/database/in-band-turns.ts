import { KeyedQueue } from '../conversation/queue/keyed-queue.ts';
import { type AddResult, MAX_WAITING, MAX_WAITING_PER_PERSON, type TurnJob } from '../conversation/queue/turn-queue.ts';
import { personOf } from '../conversation/speakers.ts';
import type { UserMessage } from '../conversation/user-message.ts';
import { TurnError } from '../errors.ts';
import { Shares } from '../shares.ts';
import { DatabaseJob } from './database-job.ts';
import { jobId, storedKey } from './names.ts';
import type { DatabaseServices } from './services.ts';

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

/** Turns whose answers go back in their requests: in order within a conversation, on this instance only. */
export class InBandTurns {
  readonly #services: DatabaseServices;
  readonly #queue = new KeyedQueue<Entry>((entry) => this.#work(entry));
  /** The ids of those that run or wait. Later the record recognises them. */
  readonly #known = new Set<string>();
  readonly #shares = new Shares({ max: MAX_IN_BAND, maxPerPerson: MAX_WAITING_PER_PERSON });
  #run: (job: TurnJob) => Promise<void> = async () => {};
  #isDraining = false;

  constructor(services: DatabaseServices) {
    this.#services = services;
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
    if (!this.#shares.hasShareLeft(person) || this.#queue.waitingCount(key) >= MAX_WAITING) return refused('queueFull');
    const release = this.#isDraining ? undefined : this.#shares.acquire(person);
    if (release === undefined) return refused('busy');
    this.#known.add(id);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#known.delete(id);
      release();
      resolve();
    };
    const acceptedAtMs = this.#services.clock.now();
    this.#queue.add(key, {
      job: new DatabaseJob({ id, message, acceptedAtMs, claim: undefined }, this.#services),
      end,
    });
    return { result: 'queued', done };
  }

  /** Stops the turns of a conversation, by its stored key. The requests of those that wait end without an answer. */
  stop(key: string): void {
    for (const { end } of this.#queue.remove(key)) end();
    this.#queue.running(key)?.job.abort(new TurnError('cancelled', 'the user stopped the turn'));
  }

  /** See `drain` of the queue: nobody else answers what waits here. */
  async drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void> {
    this.#isDraining = true;
    const dismissed = this.#queue.remove().map(({ job, end }) => dismiss(job.message).then(end));
    const cancel = this.#services.clock.after(graceMs, () => {
      for (const { job } of this.#queue.allRunning())
        job.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await Promise.all([this.#queue.whenIdle(), ...dismissed]);
    cancel();
  }

  async #work({ job, end }: Entry): Promise<void> {
    await this.#run(job);
    end();
  }
}
