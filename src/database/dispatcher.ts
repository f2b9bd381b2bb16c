import type { Clock } from '../clock.ts';
import type { TurnJob } from '../conversation/queue/turn-queue.ts';
import { withDeadline } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import { commit } from './connection.ts';
import { DatabaseJob, type JobServices } from './database-job.ts';
import { storeFailure } from './errors.ts';
import type { FetchedJob } from './job-queue.ts';

/** Turns that run at once on one instance. */
const MAX_RUNNING = 200;
/** How many are fetched at once: few different numbers, since each is another statement to prepare. */
const BATCHES = [50, 10, 1];
/** What was not notified is found by looking: jobs that are attempted again, and what came while nobody listened. */
const POLL_MS = 2_000;
const TOUCH_MS = 5_000;
/** After an outage the heartbeats come before supervision misses them. */
const TOUCH_RETRY_MS = 1_000;
const TOUCH_LIMIT_MS = 3_000;
/** After so many attempts that have ended their processes, the next is the last. */
const SUSPECT_ATTEMPTS = 2;

/** Fetches jobs from the queue and runs them on this instance, and keeps their claims meanwhile. */
export class Dispatcher {
  readonly #services: JobServices;
  readonly #clock: Clock;
  readonly #running = new Set<DatabaseJob>();
  /** Turns that have ended here and were lost to another attempt. They still count as attempts. */
  readonly #lost = new Set<DatabaseJob>();
  readonly #onIdle: (() => void)[] = [];
  /** The turns that run one by one. */
  #suspects: Promise<void> = Promise.resolve();
  #run: ((job: TurnJob) => Promise<void>) | undefined;
  /** The queue can be used, and turns are taken from it. */
  #isOpen = false;
  #isDraining = false;
  #isFetching = false;
  #isWoken = false;
  #hasFailed = false;
  #cancelPoll: () => void = () => {};
  #cancelTouch: () => void = () => {};

  constructor(services: JobServices, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
  }

  /** `run` must not reject. */
  start(run: (job: TurnJob) => Promise<void>): void {
    this.#run = run;
    this.wake();
  }

  /** The queue can be used. */
  open(): void {
    this.#isOpen = true;
    this.#touchLater();
    this.wake();
  }

  /** Something may wait. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isFetching) void this.#fetch();
  }

  /**
   * Stops the turns that run here and whose conversations were stopped since they were accepted: of one, by its stored
   * key, or of all. Those that have not begun find that by themselves. Never rejects.
   */
  async stop(key?: string): Promise<void> {
    const jobs = [...this.#running].filter((job) => key === undefined || job.key === key);
    if (jobs.length === 0) return;
    try {
      const ids = await this.#services.jobs.stoppedAmong(jobs.map(({ id }) => id));
      const stopped = new TurnError('cancelled', 'the user stopped the turn');
      for (const job of jobs) if (ids.includes(job.id)) job.abort(stopped);
    } catch (err) {
      this.#services.log.warn({ err }, 'stopped turns not looked up');
    }
  }

  /** After a time without notifications: fetches what came, and stops what was stopped. Never rejects. */
  catchUp(): Promise<void> {
    this.wake();
    return this.stop();
  }

  /** Fetches nothing more. Running turns have `graceMs` milliseconds to end. Resolves when none runs. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#cancelPoll();
    const cancel = this.#clock.after(graceMs, () => {
      for (const job of this.#running) job.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    if (this.#running.size > 0 || this.#isFetching) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    cancel();
  }

  /** Safe to call twice. */
  close(): void {
    this.#isDraining = true;
    this.#cancelPoll();
    this.#cancelTouch();
  }

  async #fetch(): Promise<void> {
    this.#isFetching = true;
    while (this.#isWoken) {
      this.#isWoken = false;
      const batch = BATCHES.find((count) => this.#running.size + count <= MAX_RUNNING);
      if (this.#run === undefined || !this.#isOpen || this.#isDraining || batch === undefined) break;
      try {
        const fetched = await this.#services.jobs.fetch(batch);
        for (const job of fetched) this.#accept(job, this.#run);
        this.#isWoken ||= fetched.length === batch;
        if (this.#hasFailed) this.#services.log.info('turns fetched again');
        this.#hasFailed = false;
      } catch (error) {
        this.#report(error);
      }
    }
    this.#isFetching = false;
    this.#settleIdle();
    this.#cancelPoll();
    if (this.#isOpen && !this.#isDraining) this.#cancelPoll = this.#clock.after(POLL_MS, () => this.wake());
  }

  /** Said once until it works again. */
  #report(error: unknown): void {
    if (!this.#hasFailed) this.#services.log.warn({ err: storeFailure('fetching turns', error) }, 'turns not fetched');
    this.#hasFailed = true;
  }

  #accept(fetched: FetchedJob, run: (job: TurnJob) => Promise<void>): void {
    const { id, retryCount, message, acceptedAtMs } = fetched;
    if (message === undefined) {
      void this.#putAside(fetched);
      return;
    }
    const job = new DatabaseJob({ id, message, acceptedAtMs, claim: { id, retryCount } }, this.#services);
    this.#running.add(job);
    void this.#start(job, retryCount, run).then(() => this.#end(job));
  }

  /** What may be given up next runs with no other of its kind: what ran beside the culprit is not counted with it again. */
  async #start(job: DatabaseJob, claimCount: number, run: (job: TurnJob) => Promise<void>): Promise<void> {
    const isSuspect =
      claimCount >= SUSPECT_ATTEMPTS && (await job.lostAttempts().catch(() => SUSPECT_ATTEMPTS)) >= SUSPECT_ATTEMPTS;
    const turn = (isSuspect ? this.#suspects : Promise.resolve()).then(() => {
      // Fetched while the process began to end: given back by the turn itself.
      if (this.#isDraining) job.abort(new TurnError('shutting_down', 'the process has to end'));
      return run(job);
    });
    if (isSuspect) this.#suspects = turn;
    return turn;
  }

  #end(job: DatabaseJob): void {
    this.#running.delete(job);
    if (job.isLost) this.#lost.add(job);
    // With the next heartbeat, where that fails.
    if (job.isLost) void this.#takeBackLost().catch(() => {});
    this.#settleIdle();
    this.wake();
  }

  #settleIdle(): void {
    if (this.#running.size === 0 && !this.#isFetching) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** What no version of the bot has written: nobody can be told. */
  async #putAside({ id, retryCount, data }: FetchedJob): Promise<void> {
    const { connection, jobs, log } = this.#services;
    log.error({ job: id }, 'message moved to the dead letters: not readable');
    try {
      await connection.transaction(async (sql) => {
        await jobs.sendDead(sql, { key: id }, data);
        return commit(await jobs.complete(sql, { id, retryCount }));
      });
      this.wake();
    } catch (err) {
      log.warn({ err, job: id }, 'unreadable message not moved to the dead letters');
    }
  }

  #touchLater(delayMs = TOUCH_MS): void {
    this.#cancelTouch();
    this.#cancelTouch = this.#clock.after(delayMs, async () => {
      const isDone = await this.#touch();
      if (!this.#isDraining || this.#running.size > 0) this.#touchLater(isDone ? TOUCH_MS : TOUCH_RETRY_MS);
    });
  }

  /** False when it has to be done again soon. */
  async #touch(): Promise<boolean> {
    const { jobs, log } = this.#services;
    const touched = [...this.#running].filter(({ isLost }) => !isLost);
    const claims = touched.flatMap(({ claim }) => claim ?? []);
    try {
      await this.#takeBackLost();
      if (claims.length === 0) return true;
      const late = () => new Error('the heartbeat took too long');
      const touching = withDeadline({ clock: this.#clock, limitMs: TOUCH_LIMIT_MS, late }, () => jobs.touch(claims));
      if (await touching.catch(() => jobs.touchElsewhere(claims))) return true;
      for (const job of touched) if (job.claim !== undefined && !(await jobs.touch([job.claim]))) this.#lose(job);
      return true;
    } catch (error) {
      log.debug({ err: storeFailure('a heartbeat', error) }, 'heartbeat not stored');
      return false;
    }
  }

  /** A turn that has completed meanwhile has lost nothing. */
  #lose(job: DatabaseJob): void {
    if (job.isEnded || !this.#running.has(job)) return;
    this.#services.log.warn({ turn: job.id }, 'turn lost to another attempt');
    job.loseClaim();
  }

  /** This process lives: the attempts that it has lost do not count. */
  async #takeBackLost(): Promise<void> {
    for (const job of this.#lost) {
      await job.takeBack();
      this.#lost.delete(job);
    }
  }
}
