import { writeMessage } from '../conversation/message-json.ts';
import { LocalQueue } from '../conversation/queue/local-queue.ts';
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
import { type Person, unverifiedShare } from '../shares.ts';
import { storable } from '../storable-json.ts';
import type { Transaction } from './connection.ts';
import { DatabaseJob } from './database-job.ts';
import { Dispatcher } from './dispatcher.ts';
import type { WaitingCounts } from './job-queue.ts';
import { Listener } from './listener.ts';
import { jobId, notifyChannelOf, storedKey } from './names.ts';
import type { DatabaseServices } from './services.ts';

/** Accepted messages in PostgreSQL: any instance answers them, and they outlive all instances. */
export class DatabaseQueue implements TurnQueue {
  readonly #services: DatabaseServices;
  readonly #dispatcher: Dispatcher;
  /** Turns whose replies go into the HTTP responses. They run on this instance only. */
  readonly #local: LocalQueue<DatabaseJob>;
  readonly #listener: Listener;

  constructor(services: DatabaseServices) {
    this.#services = services;
    this.#dispatcher = new Dispatcher(services);
    const createJob = (message: UserMessage) =>
      new DatabaseJob({ id: jobId(message), message, acceptedAtMs: services.clock.now(), claim: undefined }, services);
    this.#local = new LocalQueue(createJob, services.clock, storedKey);
    this.#listener = new Listener(services, notifyChannelOf(services.settings.schema), {
      onPayload: (payload) => this.#onNotified(payload),
      // Notifications sent while the connection was down are lost, so poll.
      onConnect: () => {
        this.#dispatcher.wake();
        void this.#dispatcher.abortStopped();
      },
    });
  }

  /** Call it when the database can be used. */
  open(): void {
    this.#listener.start();
    if (this.#services.settings.isDispatching) this.#dispatcher.open();
  }

  async add(message: UserMessage): Promise<AddedTurn> {
    if (message.expectsReplies) return this.#local.add(message);
    const { conversationLock, connection } = this.#services;
    const result = await conversationLock.run(message.key, (leftMs) =>
      connection.transaction((sql) => this.#store(sql, message), leftMs),
    );
    // While connected, NOTIFY wakes the dispatcher.
    if (result === 'queued' && !this.#listener.isConnected) this.#dispatcher.wake();
    return { result, done: Promise.resolve() };
  }

  async hasRoom(message: Pick<UserMessage, 'key' | 'personKey'>): Promise<boolean> {
    const { connection, jobs } = this.#services;
    return hasOwnRoom(await jobs.countWaiting(connection, message));
  }

  async hasTurn(message: UserMessage): Promise<boolean> {
    const { connection, jobs } = this.#services;
    return (await this.#local.hasTurn(message)) || jobs.isUnended(connection, message);
  }

  start(run: (job: TurnJob) => Promise<void>): void {
    this.#local.start(run);
    this.#dispatcher.start(run);
  }

  async drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void> {
    await Promise.all([this.#dispatcher.drain(graceMs), this.#local.drain(graceMs, dismiss)]);
  }

  /**
   * Stops the conversation's turns on this instance, even while no notifications arrive. `conversation` is its stored
   * key. Resolves with the count of local messages that waited, without decisions about calls.
   */
  async stop(conversation: string): Promise<number> {
    const { count } = this.#local.stop(conversation);
    await this.#dispatcher.abortStopped(conversation);
    return count;
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#dispatcher.close();
    await this.#listener.close();
  }

  async #store(sql: Transaction, message: UserMessage): Promise<AddResult> {
    const { jobs } = this.#services;
    const waiting = await jobs.countWaiting(sql, message);
    const isBusy = isTooMuch(waiting, personOf(message));
    const isFull = !hasOwnRoom(waiting);
    // Store only the id of a refused message.
    const data = isBusy || isFull ? {} : storable(writeMessage(message));
    if (!(await jobs.send(sql, message, data))) return sql.rollBack('duplicate');
    if (isBusy) return sql.rollBack('busy');
    if (!isFull) return 'queued';
    await jobs.cancelWaiting(sql, message.key, jobId(message));
    return 'queueFull';
  }

  /** The payload is the name of a queue (from pg-boss), or the stopping instance and the stored key. */
  #onNotified(payload: string): void {
    const [, instance, conversation] = /^(.*?) (.*)$/s.exec(payload) ?? [];
    if (instance === undefined || conversation === undefined) this.#dispatcher.wake();
    // Our own notification comes late: local turns that were added since must run, so only queued turns are checked.
    else if (instance === this.#services.instance) void this.#dispatcher.abortStopped(conversation);
    else void this.stop(conversation);
  }
}

/** Whether the conversation and the person have room. With one message in the queue, it runs or is about to run. */
function hasOwnRoom({ ofKey, ofPerson }: WaitingCounts): boolean {
  return ofKey <= MAX_WAITING && ofPerson < MAX_WAITING_PER_PERSON;
}

function isTooMuch({ inAll, bytes, ofUnverified, unverifiedBytes }: WaitingCounts, { isVerified }: Person): boolean {
  const isOverUnverifiedShare =
    ofUnverified >= unverifiedShare(MAX_WAITING_IN_ALL) || unverifiedBytes >= unverifiedShare(MAX_WAITING_BYTES);
  return inAll >= MAX_WAITING_IN_ALL || bytes >= MAX_WAITING_BYTES || (!isVerified && isOverUnverifiedShare);
}
