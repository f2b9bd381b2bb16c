import { LRUCache } from 'lru-cache';
import { SendError, TurnError } from '../errors.ts';
import { wordingFor } from '../wording.ts';
import { type AnswerDeps, answer, apologize } from './answer.ts';
import { type Command, commandOf } from './commands.ts';
import { withoutMessage } from './history.ts';
import { obey } from './obey.ts';
import type { ConversationRecord } from './records.ts';
import type { ReplySink, Respond, UserTurn } from './turn.ts';
import { TurnQueue } from './turn-queue.ts';

/** What became of a message. `draining` and `full`: it was not taken, and may be delivered again. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'draining' }
  | { readonly kind: 'full' };

/** Channels deliver again within minutes; an hour is more than any of them takes. */
const REMEMBER_ACTIVITY_MS = 60 * 60_000;
const MOST_ACTIVITIES = 50_000;
const MOST_WELCOMES = 50_000;
/** Messages that may run or wait over all conversations; each keeps up to about 50 kB. */
const MOST_TURNS = 5_000;
/** What runs beside the turns at once, over all conversations; it may hold a file each. */
const MOST_ASIDES = 100;

/** All conversations of this process: takes messages, and answers them in order. */
export class Conversations {
  readonly #deps: AnswerDeps;
  readonly #queue = new TurnQueue();
  readonly #seen: LRUCache<string, true>;
  readonly #welcomed = new LRUCache<string, true>({ max: MOST_WELCOMES });
  readonly #stopping = new AbortController();
  /** Answers on their way, those among them that no turn waits for: welcomes and refusals. */
  readonly #responding = new Set<Promise<void>>();
  #asides = 0;
  /** The turns that run now, by their conversation. */
  readonly #running = new Map<string, AbortController>();
  #isDraining = false;

  constructor(deps: AnswerDeps) {
    this.#deps = deps;
    const perf = { now: () => deps.clock.now() };
    this.#seen = new LRUCache({ max: MOST_ACTIVITIES, ttl: REMEMBER_ACTIVITY_MS, ttlResolution: 0, perf });
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Whether a message was not taken before, and would be now. */
  isNew(turn: Pick<UserTurn, 'key' | 'activityId'>): boolean {
    return !this.#isDraining && !this.#seen.has(nameOf(turn));
  }

  /**
   * Takes a message, at once and before anything is awaited, so that the order of calls is the order of answers.
   * `done` resolves when the answer is out, or could not be sent; it never rejects.
   */
  accept(turn: UserTurn, respond: Respond): Acceptance {
    if (this.#isDraining) return { kind: 'draining' };
    const activity = nameOf(turn);
    if (this.#seen.has(activity)) {
      this.#deps.log.info({ conversation: turn.key, activity: turn.activityId }, 'delivered again, ignored');
      return { kind: 'duplicate' };
    }
    const command = turn.isAllowed ? commandOf(turn.text) : undefined;
    const isFull = command === undefined ? this.#queue.size >= MOST_TURNS : this.#asides >= MOST_ASIDES;
    if (isFull) return { kind: 'full' };
    this.#seen.set(activity, true);
    this.#welcomed.set(turn.key, true);
    const done = command === undefined ? this.#enqueue(turn, respond) : this.#obey(command, turn, respond);
    return { kind: 'accepted', done };
  }

  #enqueue(turn: UserTurn, respond: Respond): Promise<void> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const names = { channel: turn.channel, conversation: turn.key, activity: turn.activityId };
    const send = (work: Parameters<Respond>[0]) => this.#respond(names, () => respond(work)).finally(resolve);
    const words = wordingFor(turn.locale);
    const say = (text: string) => send((sink) => sink.send({ text, audio: undefined }));
    const isTaken = this.#queue.add(turn.key, {
      run: () => this.#run(turn.key, (stopping) => send((sink) => answer(turn, sink, stopping, this.#deps))),
      dismiss: async (why) => (why === 'draining' ? say(words.shuttingDown) : resolve()),
      isInBand: turn.isInBand,
      activityId: turn.activityId,
    });
    if (!isTaken) {
      this.#deps.log.warn(names, 'too many messages wait, refused');
      void say(words.queueFull);
    }
    return done;
  }

  /** One turn, which `/stop` can end. */
  async #run(key: string, run: (stopping: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    this.#running.set(key, stop);
    await run(AbortSignal.any([this.#stopping.signal, stop.signal]));
    this.#running.delete(key);
  }

  /** Commands wait for no turn. What they change is changed between turns. */
  #obey(command: Command, turn: UserTurn, respond: Respond): Promise<void> {
    const { key } = turn;
    const effects = {
      change: (edit: (record: ConversationRecord) => ConversationRecord) => this.#change(key, edit),
      forget: () => {
        this.#stop(key);
        return this.forget(key);
      },
      stop: () => this.#stop(key),
    };
    const obeyed = () => obey(command, turn, effects, this.#deps).catch((err) => apologize(err, turn, this.#deps));
    const send = async (sink: ReplySink) => sink.send(await obeyed());
    this.#asides++;
    return this.#respond({ conversation: key }, () => respond(send)).finally(() => this.#asides--);
  }

  #stop(key: string): void {
    this.#queue.clear(key, 'withdrawn');
    this.#running.get(key)?.abort(new TurnError('cancelled', 'the user stopped the answer'));
  }

  /**
   * Between turns, so that none writes over it. What a session has heard it cannot be made to forget: it ends, also where
   * nothing is changed.
   */
  #change(key: string, edit: (record: ConversationRecord) => ConversationRecord): void {
    const { records, pool, log } = this.#deps;
    this.#queue.addChore(key, async () => {
      try {
        pool.drop(key);
        const record = await records.read(key);
        const edited = edit(record);
        if (edited !== record) await records.write(key, edited);
      } catch (err) {
        log.error({ err, conversation: key }, 'a conversation could not be changed');
      }
    });
  }

  /**
   * Does what needs neither the model nor its turn in the queue, once for each activity. `done` as with messages. What
   * goes wrong is in the log.
   */
  acceptAside(turn: Pick<UserTurn, 'key' | 'activityId'>, work: (stopping: AbortSignal) => Promise<void>): Acceptance {
    if (this.#isDraining) return { kind: 'draining' };
    if (this.#seen.has(nameOf(turn))) return { kind: 'duplicate' };
    if (this.#asides >= MOST_ASIDES) return { kind: 'full' };
    this.#seen.set(nameOf(turn), true);
    this.#asides++;
    const done = this.#respond({ conversation: turn.key }, () => work(this.#stopping.signal));
    return { kind: 'accepted', done: done.finally(() => this.#asides--) };
  }

  /** Greets each conversation once, and never after its first message. Resolves when that is done; never rejects. */
  async welcome(key: string, locale: string | undefined, respond: Respond): Promise<void> {
    if (this.#isDraining || this.#welcomed.has(key)) return;
    this.#welcomed.set(key, true);
    const welcome = { text: wordingFor(locale).welcome, audio: undefined };
    await this.#respond({ conversation: key }, () => respond((sink) => sink.send(welcome)));
  }

  /**
   * The conversation is over: the bot was removed. What waits is dropped, and once a running turn has ended nothing of
   * the conversation is left. Resolves then; rejects where it could not be deleted.
   */
  forget(key: string): Promise<void> {
    this.#queue.clear(key, 'forgotten');
    this.#welcomed.delete(key);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.addChore(key, async () => {
      this.#deps.pool.drop(key);
      const deleted = [this.#deps.records.delete(key), this.#deps.library.forget(key)];
      await Promise.all(deleted).then(() => resolve(), reject);
    });
    return promise;
  }

  /**
   * A user took a message back: if it waits for its answer it gets none, and once a running turn has ended it is not
   * remembered, nor what was answered to it.
   */
  withdraw(key: string, activityId: string): void {
    this.#queue.withdraw(key, activityId);
    this.#change(key, (record) => {
      const history = withoutMessage(record.history, activityId);
      return history.length === record.history.length ? record : { ...record, history };
    });
  }

  /**
   * Takes nothing more, tells those who wait, lets running turns finish for up to `graceMs`, then ends them with an
   * answer that says so. Resolves when every answer is out. Safe to call twice.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#queue.clearAll('draining');
    const forget = this.#deps.clock.after(graceMs, () => {
      this.#stopping.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await this.#queue.whenIdle();
    await Promise.all(this.#responding);
    forget();
    this.#deps.pool.close();
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
  #respond(names: { conversation: string }, send: () => Promise<void>): Promise<void> {
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
}

/** What a message is told from all others by, those of other conversations with the same id among them. */
function nameOf({ key, activityId }: Pick<UserTurn, 'key' | 'activityId'>): string {
  return JSON.stringify([key, activityId]);
}
