import { SendError, TurnError } from '../errors.ts';
import { wordingFor } from '../wording.ts';
import { answer } from './answer.ts';
import { withoutMessage } from './history.ts';
import { KeptMessages } from './kept-messages.ts';
import type { Edit } from './lease.ts';
import type { MessageName } from './pending-store.ts';
import type { Respond, UserTurn } from './turn.ts';
import type { AnswerDeps } from './turn-deps.ts';
import { type DismissReason, TurnQueue } from './turn-queue.ts';

/** The turns of all conversations of this process: run in order, stopped, and changed between. */
export class Turns {
  readonly #deps: AnswerDeps;
  readonly #queue = new TurnQueue();
  readonly #kept: KeptMessages;
  readonly #stopping = new AbortController();
  /** Answers on their way, those among them that no turn waits for: welcomes and refusals. */
  readonly #responding = new Set<Promise<void>>();
  /** The turns that run now, by their conversation. */
  readonly #running = new Map<string, AbortController>();

  constructor(deps: Omit<AnswerDeps, 'drained'>) {
    this.#deps = { ...deps, drained: this.#stopping.signal };
    this.#kept = new KeptMessages(this.#deps);
  }

  /** Turns that run or wait. */
  get size(): number {
    return this.#queue.size;
  }

  /** Aborted, with a TurnError, when this process waits for nothing any more. */
  get drained(): AbortSignal {
    return this.#stopping.signal;
  }

  get kept(): KeptMessages {
    return this.#kept;
  }

  /** Answers a message in its turn, or says that too many wait. Resolves when that is done; never rejects. */
  enqueue(turn: UserTurn, respond: Respond, isKept: Promise<boolean>): Promise<void> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const { log } = this.#deps;
    const names = { channel: turn.channel, conversation: turn.key, activity: turn.activityId };
    const words = wordingFor(turn.locale);
    const hasToWait = this.#queue.isBusy(turn.key);
    const run = async (stopping: AbortSignal) => {
      if (!(await isKept)) return;
      await this.respond(names, () => answer({ turn, respond, stopping, hasWaited: hasToWait }, this.#deps));
    };
    const isTaken = this.#queue.add(turn.key, {
      run: () => this.#run(turn.key, run).finally(resolve),
      dismiss: async (why) => {
        if (await isKept) await this.#dismiss(turn, respond, why);
        resolve();
      },
      isInBand: turn.isInBand,
      activityId: turn.activityId,
    });
    if (!isTaken) {
      log.warn(names, 'too many messages wait, refused');
      const refuse = async () => {
        if (await isKept) await this.sayAtLast(turn, respond, words.queueFull);
      };
      void refuse().finally(resolve);
    }
    return done;
  }

  /** What waits is answered no more, here. */
  async #dismiss(turn: UserTurn, respond: Respond, why: DismissReason): Promise<void> {
    const { leases } = this.#deps;
    const isLeft = why === 'draining' && leases.isShared && !turn.isInBand;
    if (isLeft) return;
    if (why === 'draining') await this.sayAtLast(turn, respond, wordingFor(turn.locale).shuttingDown);
    else await this.#kept.remove(turn);
  }

  /** Says what is the end of a message that was kept. */
  async sayAtLast(turn: UserTurn, respond: Respond, text: string): Promise<void> {
    await this.say(turn, respond, text);
    await this.#kept.finish(turn);
  }

  say(turn: UserTurn, respond: Respond, text: string): Promise<void> {
    const names = { channel: turn.channel, conversation: turn.key, activity: turn.activityId };
    return this.respond(names, () => respond((sink) => sink.send({ text, audio: undefined })));
  }

  /** Here, and by way of the store on every other instance: what is kept no more is stopped there. */
  stop(by: UserTurn): void {
    const { pending } = this.#deps;
    const { key } = by;
    this.#queue.clear(key, 'withdrawn');
    this.#running.get(key)?.abort(new TurnError('cancelled', 'the user stopped the answer'));
    if (pending.isShared) void this.respond({ conversation: key }, () => this.#kept.discardOthers(by));
  }

  /**
   * Between turns, so that none writes over it. What a session has heard it cannot be made to forget: it ends, also where
   * nothing is changed.
   */
  change(key: string, edit: Edit): void {
    const { leases, pool, log } = this.#deps;
    this.#queue.addChore(key, async () => {
      try {
        pool.drop(key);
        await leases.edit(key, edit, this.#patience);
      } catch (err) {
        log.error({ err, conversation: key }, 'a conversation could not be changed');
      }
    });
  }

  /**
   * The conversation is over: the bot was removed, or told to forget it. What waits is dropped, and once a running turn has ended nothing of
   * the conversation is left. Resolves then; rejects where it could not be deleted. `by`: the message that demands it.
   */
  forget(key: string, by: MessageName): Promise<void> {
    this.#queue.clear(key, 'forgotten');
    if (this.#deps.pending.isShared) void this.respond({ conversation: key }, () => this.#kept.discardOthers(by));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.addChore(key, async () => {
      this.#deps.pool.drop(key);
      // The sound last: an instance that is about to end its turn may have stored some until then.
      const deleted = this.#deps.leases.delete(key, this.#patience).then(() => this.#deps.library.forget(key));
      await deleted.then(resolve, reject);
    });
    return promise;
  }

  /**
   * A user took a message back: if it waits for its answer it gets none, and once a running turn has ended it is not
   * remembered, nor what was answered to it. `isHere`: it waits or runs in this process.
   */
  withdraw(message: MessageName, isHere: boolean): void {
    const { key, activityId } = message;
    this.#queue.withdraw(key, activityId);
    if (this.#deps.pending.isShared && !isHere)
      void this.respond({ conversation: key }, () => this.#kept.remove(message));
    this.change(key, (record) => {
      const history = withoutMessage(record.history, activityId);
      return history.length === record.history.length ? record : { ...record, history };
    });
  }

  /**
   * Tells those who wait, unless another instance will answer them; lets running turns finish for up to `graceMs`, then
   * ends them with an answer that says so. Resolves when every answer is out.
   */
  async drain(graceMs: number): Promise<void> {
    this.#queue.clearAll('draining');
    const forget = this.#deps.clock.after(graceMs, () => {
      this.#stopping.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await this.#queue.whenIdle();
    await Promise.all(this.#responding);
    forget();
  }

  /**
   * Nobody can be reached there: what waits would be asked for nothing, and the session stands open for nobody. What was
   * said is kept, for the day on which the user lets the bot in again.
   */
  #leave(key: string): void {
    this.#queue.clear(key, 'unreachable');
    this.#deps.pool.drop(key);
  }

  /** What goes wrong on the way back ends here, in the log: nobody is left to be told. */
  respond(names: { conversation: string }, send: () => Promise<void>): Promise<void> {
    // In a function of its own, so that what is thrown at once is caught like what is thrown later.
    const responding = (async () => send())()
      .catch((err: unknown) => {
        this.#deps.log.error({ err, incident: this.#deps.ids.incident(), ...names }, 'reply not sent');
        if (err instanceof SendError && err.code === 'conversation_gone') this.#leave(names.conversation);
      })
      .finally(() => this.#responding.delete(responding));
    this.#responding.add(responding);
    return responding;
  }

  /** One turn, which `/stop` can end. */
  async #run(key: string, run: (stopping: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    this.#running.set(key, stop);
    await run(AbortSignal.any([this.#stopping.signal, stop.signal]));
    this.#running.delete(key);
  }

  get #patience() {
    const { clock, log } = this.#deps;
    return { clock, log, signal: this.#stopping.signal };
  }
}
