import { MAX_ATTEMPTS, type TurnJob } from '../conversation/queue/turn-queue.ts';
import { withDeadline } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import { DatabaseJob } from './database-job.ts';
import { storeFailure } from './errors.ts';
import type { Claim, FetchedJob } from './job-queue.ts';
import type { DatabaseServices } from './services.ts';

/** Limits the turns that run at once on one instance. */
const MAX_RUNNING = 200;
/** The sizes of a fetch. Few sizes, because each one is another statement to prepare. */
const BATCHES = [50, 10, 1];
/** Polling finds jobs without a notification: retries, and jobs sent while the listener was disconnected. */
const POLL_MS = 2_000;
const TOUCH_MS = 5_000;
/** Short enough that after an outage the heartbeats arrive before supervision gives the jobs to others. */
const TOUCH_RETRY_MS = 1_000;
const TOUCH_LIMIT_MS = 3_000;
/** After this many attempts that crashed the process, the next attempt is the last. */
const SUSPECT_ATTEMPTS = MAX_ATTEMPTS - 1;

/** Fetches jobs from the queue, runs them on this instance, and renews their claims while they run. */
export class Dispatcher {
  readonly #services: DatabaseServices;
  readonly #running = new Map<DatabaseJob, Claim>();
  /** Ended turns whose claims were lost. They count as attempts until `#removeSupersededAttempts`. */
  readonly #superseded = new Set<DatabaseJob>();
  readonly #onIdle: (() => void)[] = [];
  /** Suspects are turns whose earlier attempts crashed the process. They run one by one, each after this promise. */
  #suspects: Promise<void> = Promise.resolve();
  /** Waiting suspects are in `#running`, too, so that their claims are renewed. */
  #waitingSuspectCount = 0;
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

  /** Call it when the queue can be used. */
  open(): void {
    this.#isOpen = true;
    this.#touchAfter(TOUCH_MS);
    this.wake();
  }

  /** Call it when a job may wait. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isFetching) void this.#fetch();
  }

  /**
   * Aborts running turns that were accepted before their conversation was stopped. Without `storedKey`, those of
   * all conversations are checked. A turn that has not begun checks for itself. Never rejects.
   */
  async abortStopped(storedKey?: string): Promise<void> {
    const jobs = [...this.#running.keys()].filter((job) => storedKey === undefined || job.storedKey === storedKey);
    if (jobs.length === 0) return;
    try {
      const ids = await this.#services.jobs.stoppedAmong(jobs.map(({ id }) => id));
      const stopped = new TurnError('cancelled', 'the user stopped the turn');
      for (const job of jobs) if (ids.includes(job.id)) job.abort(stopped);
    } catch (err) {
      this.#services.log.warn({ err }, 'stopped turns not looked up');
    }
  }

  /** Stops fetching and gives running turns `graceMs` milliseconds to end. Resolves when none runs. */
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
      // Waiting suspects take no room from running turns. Beyond MAX_RUNNING they do: other instances get the rest.
      const waitingCount = Math.min(this.#waitingSuspectCount, MAX_RUNNING);
      const batch = BATCHES.find((count) => this.#running.size - waitingCount + count <= MAX_RUNNING);
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

  /** Runs suspects one by one, so that a turn is not given up because another one beside it crashed the process. */
  async #runJob(job: DatabaseJob, retryCount: number, run: (job: TurnJob) => Promise<void>): Promise<void> {
    const isSuspect =
      retryCount >= SUSPECT_ATTEMPTS && (await job.attemptCount().catch(() => SUSPECT_ATTEMPTS)) >= SUSPECT_ATTEMPTS;
    if (!isSuspect) return this.#runNow(job, run);
    this.#waitingSuspectCount++;
    const turn = this.#suspects.then(() => {
      this.#waitingSuspectCount--;
      return this.#runNow(job, run);
    });
    this.#suspects = turn;
    // Its place is free for another turn.
    this.wake();
    return turn;
  }

  #runNow(job: DatabaseJob, run: (job: TurnJob) => Promise<void>): Promise<void> {
    // The job was fetched while draining began: the turn releases it.
    if (this.#isDraining) job.abort(shuttingDown());
    return run(job);
  }

  #end(job: DatabaseJob): void {
    this.#running.delete(job);
    if (job.isSuperseded) {
      this.#superseded.add(job);
      // The next heartbeat tries again.
      void this.#removeSupersededAttempts().catch(() => {});
    }
    this.#settleIdle();
    this.wake();
  }

  #settleIdle(): void {
    if (this.#running.size === 0 && !this.#isFetching) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Discards a job whose data no version of the bot has written: it names no user to answer. */
  async #discard({ claim, storedKey, data }: FetchedJob): Promise<void> {
    const { connection, jobs, log } = this.#services;
    log.error({ turn: claim.id }, 'message dead-lettered: not readable');
    try {
      await connection.transaction(async (sql) => {
        await jobs.sendDead(sql, storedKey, data);
        await jobs.complete(sql, claim);
      });
      this.wake();
    } catch (err) {
      log.warn({ err, turn: claim.id }, 'unreadable message not dead-lettered');
    }
  }

  #touchAfter(delayMs: number): void {
    this.#cancelTouch = this.#services.clock.after(delayMs, async () => {
      const isTouched = await this.#touch();
      if (!this.#isDraining || this.#running.size > 0) this.#touchAfter(isTouched ? TOUCH_MS : TOUCH_RETRY_MS);
    });
  }

  /** Sends the heartbeats. Resolves with false if that should be retried soon. */
  async #touch(): Promise<boolean> {
    const { clock, connection, jobs, log } = this.#services;
    const touched = [...this.#running].filter(([job]) => !job.isSuperseded);
    const claims = touched.map(([, claim]) => claim);
    try {
      await this.#removeSupersededAttempts();
      if (claims.length === 0) return true;
      const late = () => new Error('the heartbeat took too long');
      const touching = withDeadline({ clock, limitMs: TOUCH_LIMIT_MS, late }, () => jobs.touch(claims));
      // The connection of pg-boss may be busy with maintenance, so retry on ours.
      if (await touching.catch(() => jobs.touch(claims, connection))) return true;
      for (const [job, claim] of touched) if (!(await jobs.touch([claim]))) this.#supersede(job);
      return true;
    } catch (error) {
      log.debug({ err: storeFailure('a heartbeat', error) }, 'heartbeat not stored');
      return false;
    }
  }

  /** Ignores turns that have ended meanwhile. */
  #supersede(job: DatabaseJob): void {
    if (job.isEnded || !this.#running.has(job)) return;
    this.#services.log.warn({ turn: job.id }, 'turn lost to another attempt');
    job.supersede();
  }

  /** Only attempts that crashed the process count, and this process is alive. */
  async #removeSupersededAttempts(): Promise<void> {
    for (const job of this.#superseded) {
      await job.removeAttempt();
      this.#superseded.delete(job);
    }
  }
}

function shuttingDown(): TurnError {
  return new TurnError('shutting_down', 'the process has to end');
}
