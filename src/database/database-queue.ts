import { writeMessage } from '../conversation/message-json.ts';
import {
  type AddedTurn,
  type AddResult,
  MAX_WAITING,
  MAX_WAITING_BYTES,
  MAX_WAITING_IN_ALL,
  MAX_WAITING_PER_PERSON,
  type TurnJob,
  type TurnQueue,
} from '../conversation/queue/turn-queue.ts';
import { personOf } from '../conversation/speakers.ts';
import type { UserMessage } from '../conversation/user-message.ts';
import { type Person, unvouchedPart } from '../shares.ts';
import { storable } from '../storable-json.ts';
import { commit, type Ending, rollBack, type Sql } from './connection.ts';
import type { JobServices } from './database-job.ts';
import type { Dispatcher } from './dispatcher.ts';
import { storeFailure } from './errors.ts';
import type { InBandTurns } from './in-band-turns.ts';
import type { WaitingCounts } from './job-queue.ts';
import type { KeyChain } from './key-chain.ts';
import { jobId } from './names.ts';

/** What the queue needs. */
export interface DatabaseQueueOptions extends JobServices {
  readonly dispatcher: Dispatcher;
  readonly inBand: InBandTurns;
  /** Of messages and of what happens between them. */
  readonly chain: KeyChain;
  /** A message was stored here. */
  readonly onAdded: () => void;
}

/** Accepted messages in PostgreSQL: any instance answers them, and they outlive all. */
export class DatabaseQueue implements TurnQueue {
  readonly #options: DatabaseQueueOptions;

  constructor(options: DatabaseQueueOptions) {
    this.#options = options;
  }

  async add(message: UserMessage): Promise<AddResult> {
    const { chain, connection, onAdded } = this.#options;
    const result = await chain.run(message.key, (leftMs) =>
      connection.transaction((sql) => this.#store(sql, message), leftMs),
    );
    if (result === 'queued') onAdded();
    return result;
  }

  async addInBand(message: UserMessage): Promise<AddedTurn> {
    return this.#options.inBand.addInBand(message);
  }

  async hasRoom(key: string): Promise<boolean> {
    const { connection, jobs } = this.#options;
    try {
      const { ofKey } = await jobs.countWaiting(connection, { key, personKey: key });
      return ofKey <= MAX_WAITING;
    } catch (error) {
      throw storeFailure('counting messages', error);
    }
  }

  start(run: (job: TurnJob) => Promise<void>): void {
    this.#options.inBand.start(run);
    this.#options.dispatcher.start(run);
  }

  async drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void> {
    const { dispatcher, inBand } = this.#options;
    await Promise.all([dispatcher.drain(graceMs), inBand.drain(graceMs, dismiss)]);
  }

  async #store(sql: Sql, message: UserMessage): Promise<Ending<AddResult>> {
    const { jobs } = this.#options;
    const waiting = await jobs.countWaiting(sql, message);
    const isBusy = isTooMuch(waiting, personOf(message));
    // One of the conversation's runs, or is about to.
    const isFull = waiting.ofKey > MAX_WAITING || waiting.ofPerson >= MAX_WAITING_PER_PERSON;
    // Of what is not answered nothing is stored but its id.
    const data = isBusy || isFull ? {} : storable(writeMessage(message));
    if (!(await jobs.send(sql, message, data))) return rollBack('duplicate');
    if (isBusy) return rollBack('busy');
    if (!isFull) return commit('queued');
    await jobs.cancelWaiting(sql, message.key, jobId(message));
    return commit('queueFull');
  }
}

function isTooMuch({ inAll, bytes, ofUnvouched, unvouchedBytes }: WaitingCounts, { isVouched }: Person): boolean {
  const isOverPart =
    ofUnvouched >= unvouchedPart(MAX_WAITING_IN_ALL) || unvouchedBytes >= unvouchedPart(MAX_WAITING_BYTES);
  return inAll >= MAX_WAITING_IN_ALL || bytes >= MAX_WAITING_BYTES || (!isVouched && isOverPart);
}
