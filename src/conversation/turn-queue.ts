/** Work of one conversation. Neither function may reject. */
export interface Job {
  run(): Promise<void>;
  /** Called instead of `run` when the job will not be run any more. */
  dismiss(why: DismissReason): Promise<void>;
  /** Whether its answer does not depend on the channel's address: it then outlives a conversation that is gone. */
  readonly isInBand?: boolean;
}

/**
 * `draining`: the process ends. `forgotten`: the conversation is over. `unreachable`: the channel takes nothing for it.
 * Nobody can be told in the latter two.
 */
export type DismissReason = 'draining' | 'forgotten' | 'unreachable';

/** How many turns of one conversation may wait behind the running one. */
export const MOST_WAITING = 16;

/** One after another within a key, in the order of `add`; keys side by side. Keys without work take no room. */
export class TurnQueue {
  /** The jobs that wait; a key is present while one of its jobs runs. */
  readonly #waiting = new Map<string, Job[]>();
  #size = 0;
  readonly #dismissing = new Set<Promise<void>>();
  #onIdle: (() => void)[] = [];

  /** Jobs that run or wait, over all keys. */
  get size(): number {
    return this.#size;
  }

  /** False when too many wait already: the job was not taken. */
  add(key: string, job: Job): boolean {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      this.#waiting.set(key, []);
      this.#size++;
      void this.#work(key, job);
      return true;
    }
    if (waiting.length >= MOST_WAITING) return false;
    waiting.push(job);
    this.#size++;
    return true;
  }

  /** Dismisses the jobs that wait for this key; a running one goes on. */
  clear(key: string, why: DismissReason): void {
    const waiting = this.#waiting.get(key);
    for (const job of waiting?.splice(0) ?? []) {
      if (why === 'unreachable' && job.isInBand) {
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

  async #work(key: string, first: Job): Promise<void> {
    for (let job: Job | undefined = first; job !== undefined; job = this.#waiting.get(key)?.shift()) {
      await job.run();
      this.#size--;
    }
    this.#waiting.delete(key);
    if (this.#waiting.size > 0) return;
    const waiters = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiters) resolve();
  }

  #dismiss(job: Job, why: DismissReason): void {
    const dismissed = job.dismiss(why).finally(() => this.#dismissing.delete(dismissed));
    this.#dismissing.add(dismissed);
  }
}
