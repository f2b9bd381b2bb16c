import { isBefore, type Place } from './incoming.ts';

/** Work of one conversation. Neither function may reject. */
export interface Job {
  run(): Promise<void>;
  /** Called instead of `run` when the job will not be run any more. */
  dismiss(why: DismissReason): Promise<void>;
  /** Whether its answer does not depend on the channel's address: it then outlives a conversation that is gone. */
  readonly isInBand?: boolean;
  /** The message that it answers. */
  readonly activityId?: string;
  /** Where that stands among all messages. */
  readonly place?: Place;
}

/**
 * `draining`: the process ends. `forgotten`: the conversation is over. `unreachable`: the channel takes nothing for it.
 * `withdrawn`: the user took the message back, or wants no answers. Nobody can be told, or wants to be, in the latter
 * three.
 */
export type DismissReason = 'draining' | 'forgotten' | 'unreachable' | 'withdrawn';

/** Work between the turns of a conversation. May not reject. */
export type Chore = () => Promise<void>;

/** How many turns of one conversation may wait behind the running one. */
export const MOST_WAITING = 16;

/** One after another within a key, in the order of `add`; keys side by side. Keys without work take no room. */
export class TurnQueue {
  /** The jobs that wait; a key is present while one of its jobs runs. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #chores = new Map<string, Chore[]>();
  #size = 0;
  readonly #dismissing = new Set<Promise<void>>();
  #onIdle: (() => void)[] = [];

  /** Jobs that run or wait, over all keys. */
  get size(): number {
    return this.#size;
  }

  /** Whether a job that is added now has to wait. */
  isBusy(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Whether a job that is added now is taken. */
  hasRoom(key: string): boolean {
    return (this.#waiting.get(key)?.length ?? 0) < MOST_WAITING;
  }

  /** False when too many wait already: the job was not taken. */
  add(key: string, job: Job): boolean {
    if (!this.hasRoom(key)) return false;
    const waiting = this.#waiting.get(key);
    this.#size++;
    if (waiting === undefined) this.#begin(key, [job]);
    else waiting.push(job);
    return true;
  }

  /** Runs as soon as no turn of the key does, ahead of those that wait. It is never dismissed, and has no bound. */
  addChore(key: string, chore: Chore): void {
    const chores = this.#chores.get(key) ?? [];
    this.#chores.set(key, chores);
    chores.push(chore);
    if (!this.#waiting.has(key)) this.#begin(key, []);
  }

  /** Dismisses what waits to answer this message. */
  withdraw(key: string, activityId: string): void {
    const waiting = this.#waiting.get(key);
    const job = waiting?.find((each) => each.activityId === activityId);
    if (waiting === undefined || job === undefined) return;
    waiting.splice(waiting.indexOf(job), 1);
    this.#size--;
    this.#dismiss(job, 'withdrawn');
  }

  /** Dismisses the jobs that wait for this key, or those that stand before a place; a running one goes on. */
  clear(key: string, why: DismissReason, before?: Place): void {
    const waiting = this.#waiting.get(key);
    for (const job of waiting?.splice(0) ?? []) {
      const isLater = before !== undefined && job.place !== undefined && !isBefore(job.place, before);
      if ((why === 'unreachable' && job.isInBand) || isLater) {
        waiting?.push(job);
        continue;
      }
      this.#size--;
      this.#dismiss(job, why);
    }
  }

  clearAll(why: DismissReason): void {
    for (const key of this.#waiting.keys()) this.clear(key, why);
  }

  /** Resolves once nothing runs and nothing waits. */
  async whenIdle(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await Promise.all(this.#dismissing);
  }

  #begin(key: string, waiting: Job[]): void {
    this.#waiting.set(key, waiting);
    void this.#work(key, waiting);
  }

  async #work(key: string, waiting: Job[]): Promise<void> {
    for (;;) {
      if (this.#chores.has(key)) await this.#doChores(key);
      const job = waiting.shift();
      if (job === undefined) break;
      await job.run();
      this.#size--;
    }
    this.#waiting.delete(key);
    if (this.#waiting.size > 0) return;
    const waiters = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiters) resolve();
  }

  async #doChores(key: string): Promise<void> {
    const chores = this.#chores.get(key) ?? [];
    for (let chore = chores.shift(); chore !== undefined; chore = chores.shift()) await chore();
    this.#chores.delete(key);
  }

  #dismiss(job: Job, why: DismissReason): void {
    const dismissed = job.dismiss(why).finally(() => this.#dismissing.delete(dismissed));
    this.#dismissing.add(dismissed);
  }
}
