import { SendError, TurnError } from '../errors.ts';
import { wordingFor } from '../messages/messages.ts';
import { answer } from './answer.ts';
import { withoutMessage } from './history/history.ts';
import { type Incoming, isBefore, type Place } from './incoming.ts';
import { KeptMessages } from './kept-messages.ts';
import type { Edit } from './lease.ts';
import type { MessageName } from './pending-store.ts';
import type { Respond } from './reply.ts';
import type { AnswerDeps } from './turn-deps.ts';
import { type DismissReason, TurnQueue } from './turn-queue.ts';
import type { UserMessage } from './user-message.ts';

/** The turns of all conversations of this process: run in order, stopped, and changed between. */
export class Turns {
  readonly #deps: AnswerDeps;
  readonly #queue = new TurnQueue();
  readonly #kept: KeptMessages;
  readonly #stopping = new AbortController();
  /** Answers on their way, those among them that no turn waits for: welcomes and refusals. */
  readonly #responding = new Set<Promise<void>>();
  /** The turns that run now, by their conversation. */
  readonly #running = new Map<string, { readonly stop: AbortController; readonly place: Place }>();

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

  /** Whether one more message of the conversation may wait. */
  hasRoom(key: string): boolean {
    return this.#queue.hasRoom(key);
  }

  /** Answers a message in its turn, or says that too many wait. Resolves when that is done; never rejects. */
  enqueue(incoming: Incoming): Promise<void> {
    const { turn, respond, place, isKept } = incoming;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const { acceptedAtMs } = place;
    const hasWaited = this.#queue.isBusy(turn.key);
    const run = async (stopping: AbortSignal) => {
      if (!(await isKept)) return;
      await this.respond(namesOf(turn), () => answer({ turn, respond, acceptedAtMs, stopping, hasWaited }, this.#deps));
    };
    const isTaken = this.#queue.add(turn.key, {
      run: () => this.#run(incoming, run).finally(resolve),
      dismiss: async (why) => {
        if (await isKept) await this.#dismiss(incoming, why);
        resolve();
      },
      isInBand: turn.isInBand,
      activityId: turn.activityId,
      place,
    });
    if (!isTaken) void this.#refuse(incoming).finally(resolve);
    return done;
  }

  /** What another process has accepted was not refused by that: it is taken over once there is room. */
  async #refuse({ turn, respond, isKept, isTakenOver }: Incoming): Promise<void> {
    if (isTakenOver || !(await isKept)) return;
    this.#deps.log.warn(namesOf(turn), 'too many messages wait, refused');
    await this.#sayAtLast(turn, respond, wordingFor(turn.locale).queueFull);
  }

  /** What waits is answered no more, here. */
  async #dismiss({ turn, respond }: Incoming, why: DismissReason): Promise<void> {
    const isLeft = why === 'draining' && this.#deps.leases.isShared && !turn.isInBand;
    if (isLeft) return;
    if (why === 'draining') await this.#sayAtLast(turn, respond, wordingFor(turn.locale).shuttingDown);
    else await this.#kept.finish(turn);
  }

  /** Done before it is said: whoever took it over would say it once more. */
  async #sayAtLast(turn: UserMessage, respond: Respond, text: string): Promise<void> {
    await this.#kept.finish(turn);
    await this.say(turn, respond, text);
  }

  say(turn: UserMessage, respond: Respond, text: string): Promise<void> {
    return this.respond(namesOf(turn), () => respond((sink) => sink.send({ text, audio: undefined })));
  }

  /** All that was accepted before: here, and by way of the store on every other instance. */
  stop({ turn: { key, activityId }, place }: Pick<Incoming, 'turn' | 'place'>): void {
    this.#queue.clear(key, 'withdrawn', place);
    const running = this.#running.get(key);
    if (running !== undefined && isBefore(running.place, place))
      running.stop.abort(new TurnError('cancelled', 'the user stopped the answer'));
    if (!this.#deps.pending.isShared) return;
    const { acceptedAtMs } = place;
    void this.respond({ conversation: key }, () => this.#kept.discardBefore({ key, activityId, acceptedAtMs }));
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
   * The conversation is over: the bot was removed, or told to forget it. What waits is dropped, and once a running turn
   * has ended nothing of the conversation is left. Resolves then; rejects where it could not be deleted. `by`: the
   * message that demands it; what came after it stays.
   */
  forget(key: string, by: Place & { readonly activityId: string }): Promise<void> {
    const { pool, leases, audioStore, pending, invitations } = this.#deps;
    this.#queue.clear(key, 'forgotten', by);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const forget = async () => {
      pool.drop(key);
      // First of all: what is spoken by one of them would be kept again.
      await invitations.forget(key);
      if (pending.isShared) await this.#kept.discardBefore({ ...by, key });
      await leases.delete(key, this.#patience);
      // After it: an instance that was about to end its turn may have stored something until then.
      await audioStore.forget(key);
      await pending.forget(key);
    };
    this.#queue.addChore(key, () => forget().then(resolve, reject));
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
      void this.respond({ conversation: key }, () => this.#kept.withdraw(message));
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
  async #run({ turn: { key }, place }: Incoming, run: (stopping: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    this.#running.set(key, { stop, place });
    await run(AbortSignal.any([this.#stopping.signal, stop.signal]));
    this.#running.delete(key);
  }

  get #patience() {
    const { clock, log } = this.#deps;
    return { clock, log, signal: this.#stopping.signal };
  }
}

function namesOf({ channel, key, activityId }: UserMessage) {
  return { channel, conversation: key, activity: activityId };
}
