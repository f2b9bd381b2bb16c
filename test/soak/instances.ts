import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BotProcess } from '../support/bot-process.ts';
import type { ProbedBot } from '../support/kit/bot.ts';
import type { Random } from '../support/kit/random.ts';

/** One process of the bot. */
interface Instance {
  readonly name: string;
  readonly bot: BotProcess;
  readonly url: string;
  isEnding: boolean;
  hasEnded: boolean;
}

export interface InstancesOptions {
  readonly start: () => Promise<ProbedBot>;
  /** The folder for their output, if any. */
  readonly logFolder: string | undefined;
  /** Chooses the instance for each message. */
  readonly random: Random;
  /** Called when an instance ends unexpectedly. */
  readonly onWrongEnd: () => void;
}

const END_LIMIT_MS = 60_000;

/** The processes of the bot. Any of them accepts any message. */
export class Instances {
  readonly #options: InstancesOptions;
  readonly #all: Instance[] = [];
  #mayEnd = false;
  /** Unexpected ends of instances. */
  readonly wrongEnds: string[] = [];

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  /** Starts another instance. */
  async add(): Promise<void> {
    const { bot, url } = await this.#options.start();
    const instance = { name: `instance ${this.#all.length + 1}`, bot, url, isEnding: false, hasEnded: false };
    this.#all.push(instance);
    void bot.ended.then(({ code, signal }) => {
      instance.hasEnded = true;
      const isRight = instance.isEnding || this.#mayEnd;
      if (code === 0 && isRight) return;
      const when = isRight ? '' : ' while it was needed';
      this.wrongEnds.push(`${instance.name} ended${when} with code ${code}, signal ${signal}`);
      this.#options.onWrongEnd();
    });
  }

  /** The address of a random running instance, including one that is shutting down. */
  pick(): string | undefined {
    const running = this.#all.filter(({ hasEnded }) => !hasEnded);
    return running.length === 0 ? undefined : this.#options.random.pick(running).url;
  }

  /** Stops all instances. In a terminal, Ctrl-C reaches them too. */
  letEnd(): void {
    this.#mayEnd = true;
  }

  /** Stops the oldest instance, and waits until it has ended. */
  async endOldest(): Promise<void> {
    const oldest = this.#all.find(({ isEnding }) => !isEnding);
    if (oldest !== undefined) await this.#end(oldest);
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#all.map((instance) => this.#end(instance)));
  }

  async #end(instance: Instance): Promise<void> {
    const { name, bot } = instance;
    // A second signal would end it at once.
    if (!instance.isEnding && !bot.stdout.includes('"msg":"draining"')) bot.signal('SIGTERM');
    instance.isEnding = true;
    const isInTime = await Promise.race([bot.ended, sleep(END_LIMIT_MS, false, { ref: false })]);
    if (isInTime === false) this.wrongEnds.push(`${name} did not end within ${END_LIMIT_MS} ms`);
    await bot[Symbol.asyncDispose]();
    await this.#keepLog(instance);
  }

  async #keepLog({ name, bot }: Instance): Promise<void> {
    const { logFolder } = this.#options;
    if (logFolder === undefined) return;
    await mkdir(logFolder, { recursive: true });
    await writeFile(join(logFolder, `${name}.log`), bot.stdout + bot.stderr);
  }
}
