import type { TurnJob } from '../conversation/queue/turn-queue.ts';
import { withDeadline } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import { DatabaseJob } from './database-job.ts';
import { storeFailure } from './errors.ts';
import type { Claim, FetchedJob } from './job-queue.ts';
import type { DatabaseServices } from './services.ts';

/** Turns that run at once on one instance. */
const MAX_RUNNING = 200;
/** Jobs of one fetch. Few different numbers, because each is another statement to prepare. */
const BATCHES = [50, 10, 1];
/** Polling finds what is not notified: retries, and jobs that came while nobody listened. */
const POLL_MS = 2_000;
const TOUCH_MS = 5_000;
/** After an outage the heartbeats come before supervision misses them. */
const TOUCH_RETRY_MS = 1_000;
const TOUCH_LIMIT_MS = 3_000;
/** After so many attempts that ended their processes, the next one is the last. */
const SUSPECT_ATTEMPTS = 2;

/** Fetches jobs from the queue, runs them on this instance, and keeps their claims meanwhile. */
export class Dispatcher {
  readonly #services: DatabaseServices;
  readonly #running = new Map<DatabaseJob, Claim>();
  /** Ended turns whose claims were lost. They still count as attempts. */
  readonly #lost = new Set<DatabaseJob>();
  readonly #onIdle: (() => void)[] = [];
  /** The turns that run one by one. */
  #suspects: Promise<void> = Promise.resolve();
  #run: ((job: TurnJob) => Promise<void>) | undefined;
  #isOpen = false;
  #isDraining = false;
  #isFetching = false;
  #isWoken = false;
  #hasFailed = false;
  #cancelPoll: () => void = () => {};
  #cancelTouch: () => void = () => {};

  constructor(services: DatabaseServices) {
    this.#services = services;
  }

  /** `run` must not reject. */
  start(run: (job: TurnJob) => Promise<void>): void {
    this.#run = run;
    this.wake();
  }

  /** The queue can be used. */
  open(): void {
    this.#isOpen = true;
    this.#touchAfter(TOUCH_MS);
    this.wake();
  }

  /** Fetches: a job may wait. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isFetching) void this.#fetch();
  }

  /**
   * Stops the turns that run here and were accepted before their conversation was stopped: of one conversation, by its
   * stored key, or of all. A turn that has not begun finds out by itself. Never rejects.
   */
  async stop(key?: string): Promise<void> {
    const jobs = [...this.#running.keys()].filter((job) => key === undefined || job.key === key);
    if (jobs.length === 0) return;
    try {
      const ids = await this.#services.jobs.stoppedAmong(jobs.map(({ id }) => id));
      const stopped = new TurnError('cancelled', 'the user stopped the turn');
      for (const job of jobs) if (ids.includes(job.id)) job.abort(stopped);
    } catch (err) {
      this.#services.log.warn({ err }, 'stopped turns not looked up');
    }
  }

  /** Fetches nothing more. Running turns have `graceMs` milliseconds to end. Resolves when none runs. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#cancelPoll();
    const cancel = this.#services.clock.after(graceMs, () => {
      for (const job of this.#running.keys()) job.abort(shuttingDown());
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
    const { jobs, log, clock } = this.#services;
    this.#isFetching = true;
    while (this.#isWoken) {
      this.#isWoken = false;
      const batch = BATCHES.find((count) => this.#running.size + count <= MAX_RUNNING);
      if (this.#run === undefined || !this.#isOpen || this.#isDraining || batch === undefined) break;
      try {
        const fetched = await jobs.fetch(batch);
        for (const job of fetched) this.#accept(job, this.#run);
        this.#isWoken ||= fetched.length === batch;
        if (this.#hasFailed) log.info('turns fetched again');
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed) log.warn({ err: storeFailure('fetching turns', error) }, 'turns not fetched');
        this.#hasFailed = true;
      }
    }
    this.#isFetching = false;
    this.#settleIdle();
    this.#cancelPoll();
    if (this.#isOpen && !this.#isDraining) this.#cancelPoll = clock.after(POLL_MS, () => this.wake());
  }

  #accept(fetched: FetchedJob, run: (job: TurnJob) => Promise<void>): void {
    const { message, acceptedAtMs, claim } = fetched;
    if (message === undefined) return void this.#discard(fetched);
    const job = new DatabaseJob({ id: claim.id, message, acceptedAtMs, claim }, this.#services);
    this.#running.set(job, claim);
    void this.#runJob(job, claim.retryCount, run).then(() => this.#end(job));
  }

  /** Runs suspects one by one: a turn that ran beside the one that ends processes is not given up with it. */
  async #runJob(job: DatabaseJob, claimCount: number, run: (job: TurnJob) => Promise<void>): Promise<void> {
    const isSuspect =
      claimCount >= SUSPECT_ATTEMPTS && (await job.attemptCount().catch(() => SUSPECT_ATTEMPTS)) >= SUSPECT_ATTEMPTS;
    const turn = (isSuspect ? this.#suspects : Promise.resolve()).then(() => {
      // Fetched while the process began to end: the turn gives itself back.
      if (this.#isDraining) job.abort(shuttingDown());
      return run(job);
    });
    if (isSuspect) this.#suspects = turn;
    return turn;
  }

  #end(job: DatabaseJob): void {
    this.#running.delete(job);
    if (job.isLost) {
      this.#lost.add(job);
      // The next heartbeat tries again.
      void this.#uncountLost().catch(() => {});
    }
    this.#settleIdle();
    this.wake();
  }

  #settleIdle(): void {
    if (this.#running.size === 0 && !this.#isFetching) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** No version of the bot has written this job: there is nobody to answer. */
  async #discard({ claim, data }: FetchedJob): Promise<void> {
    const { connection, jobs, log } = this.#services;
    log.error({ job: claim.id }, 'message moved to the dead letters: not readable');
    try {
      await connection.transaction(async (sql) => {
        await jobs.sendDead(sql, claim.id, data);
        await jobs.complete(sql, claim);
      });
      this.wake();
    } catch (err) {
      log.warn({ err, job: claim.id }, 'unreadable message not moved to the dead letters');
    }
  }

  #touchAfter(delayMs: number): void {
    this.#cancelTouch = this.#services.clock.after(delayMs, async () => {
      const isTouched = await this.#touch();
      if (!this.#isDraining || this.#running.size > 0) this.#touchAfter(isTouched ? TOUCH_MS : TOUCH_RETRY_MS);
    });
  }

  /** Sends the heartbeats. False when that has to be tried again soon. */
  async #touch(): Promise<boolean> {
    const { clock, connection, jobs, log } = this.#services;
    const touched = [...this.#running].filter(([job]) => !job.isLost);
    const claims = touched.map(([, claim]) => claim);
    try {
      await this.#uncountLost();
      if (claims.length === 0) return true;
      const late = () => new Error('the heartbeat took too long');
      const touching = withDeadline({ clock, limitMs: TOUCH_LIMIT_MS, late }, () => jobs.touch(claims));
      // The connection of pg-boss may be busy with maintenance.
      if (await touching.catch(() => jobs.touch(claims, connection))) return true;
      for (const [job, claim] of touched) if (!(await jobs.touch([claim]))) this.#lose(job);
      return true;
    } catch (error) {
      log.debug({ err: storeFailure('a heartbeat', error) }, 'heartbeat not stored');
      return false;
    }
  }

  /** A turn that has ended meanwhile has lost nothing. */
  #lose(job: DatabaseJob): void {
    if (job.isEnded || !this.#running.has(job)) return;
    this.#services.log.warn({ turn: job.id }, 'turn lost to another attempt');
    job.loseClaim();
  }

  /** This process is alive: the attempts that it has lost do not count. */
  async #uncountLost(): Promise<void> {
    for (const job of this.#lost) {
      await job.uncountAttempt();
      this.#lost.delete(job);
    }
  }
}

function shuttingDown(): TurnError {
  return new TurnError('shutting_down', 'the process has to end');
}
