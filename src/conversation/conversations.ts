import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import { wordingFor } from '../messages/messages.ts';
import { type ShareBounds, Shares } from '../shares.ts';
import { type Command, commandOf } from './commands/commands.ts';
import { giveUp } from './give-up.ts';
import { Inbox } from './inbox.ts';
import type { Incoming } from './incoming.ts';
import type { Edit } from './lease.ts';
import { obey } from './obey.ts';
import type { MessageName, PendingMessage } from './pending-store.ts';
import { EMPTY_RECORD } from './records.ts';
import type { ReplySink, Respond } from './reply.ts';
import { personOf } from './speakers.ts';
import { type AnswerDeps, apologize, withTurn } from './turn-deps.ts';
import { Turns } from './turns.ts';
import type { UserMessage } from './user-message.ts';

/**
 * What became of a message. `draining`, `full` and `notKept` (the store cannot be reached): it was not taken, and may be
 * delivered again.
 */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'draining' }
  | { readonly kind: 'full' }
  | { readonly kind: 'notKept' };

const MOST_WELCOMES = 50_000;
/** Messages that may run or wait over all conversations, and what they may hold together: files may stand in them. */
const MOST_TURNS = 5_000;
const MOST_CHARS = 64 * 1024 * 1024;
/**
 * What runs beside the turns at once; it may hold a file each. A person's share is far more than anybody types or presses
 * before the first of them is answered.
 */
const ASIDE_BOUNDS: ShareBounds = { max: 100, maxPerPerson: 10 };

/** All conversations of this process: takes messages, and answers them in order. */
export class Conversations {
  readonly #deps: Omit<AnswerDeps, 'drained'>;
  readonly #turns: Turns;
  readonly #inbox: Inbox;
  readonly #welcomed = new LRUCache<string, true>(atMost(MOST_WELCOMES));
  readonly #asides = new Shares(ASIDE_BOUNDS);
  /** `/stop` has a share of its own: it ends work, so commands that are still being sent must not refuse it. */
  readonly #stops = new Shares(ASIDE_BOUNDS);
  /** Of all messages that run or wait. */
  #chars = 0;
  /** Of the messages so far. */
  #count = 0;
  #isDraining = false;

  constructor(deps: Omit<AnswerDeps, 'drained' | 'isHere'>) {
    this.#inbox = new Inbox(deps);
    const isHere = (message: MessageName) => this.#inbox.isHere(message);
    this.#deps = { ...deps, isHere };
    this.#turns = new Turns(this.#deps);
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Whether a message was not taken before, and would be now. */
  isNew(message: MessageName): boolean {
    return !this.#isDraining && !this.#inbox.has(message);
  }

  /** Whether the conversation takes one more message, if that is given to `accept` at once; else it is told to wait. */
  hasRoom(key: string): boolean {
    return this.#turns.hasRoom(key);
  }

  /**
   * Takes a message, in the order of the calls. Resolves once it is kept, or not taken. Its `done` resolves when the
   * answer is out, or could not be sent; it never rejects.
   */
  async accept(turn: UserMessage, respond: Respond): Promise<Acceptance> {
    if (this.#isDraining) return { kind: 'draining' };
    const earlier = this.#inbox.earlier(turn);
    if (earlier !== undefined) return this.#acceptAgain(turn, earlier);
    const release = this.#takeRoom(turn);
    if (release === undefined) return { kind: 'full' };
    const place = { acceptedAtMs: this.#deps.clock.now(), order: this.#count++ };
    const kept = this.#inbox.keep(turn);
    this.#welcomed.set(turn.key, true);
    const isKept = kept.catch(() => false);
    const done = this.#begin({ turn, respond, place, isKept, isTakenOver: false }).finally(release);
    try {
      if (await kept) return { kind: 'accepted', done };
      this.#deps.telemetry.duplicateDropped();
      return { kind: 'duplicate' };
    } catch {
      if (this.#inbox.isToTell(turn.key)) void this.#turns.say(turn, respond, wordingFor(turn.locale).storage.notKept);
      return { kind: 'notKept' };
    }
  }

  /** Answers a message that another process has accepted. False where this one is at it, full, or about to end. */
  resume({ turn, acceptedAtMs }: Pick<PendingMessage, 'turn' | 'acceptedAtMs'>): boolean {
    if (this.#isDraining || this.#inbox.isHere(turn)) return false;
    const release = this.#takeRoom(turn);
    if (release === undefined) return false;
    this.#inbox.note(turn);
    this.#deps.telemetry.takenOver();
    const respond = this.#deps.later(turn.reference);
    const place = { acceptedAtMs, order: this.#count++ };
    void this.#begin({ turn, respond, place, isKept: Promise.resolve(true), isTakenOver: true }).finally(release);
    return true;
  }

  /** As `giveUp`, of a message that another process has accepted. */
  giveUp(turn: UserMessage): Promise<void> {
    return this.#inbox.whileHere(turn, () =>
      giveUp(turn, withTurn(turn, { ...this.#deps, drained: this.#turns.drained })),
    );
  }

  /** Whether this process is about to answer a message. */
  isHere(message: MessageName): boolean {
    return this.#inbox.isHere(message);
  }

  async #acceptAgain(turn: UserMessage, earlier: Promise<boolean>): Promise<Acceptance> {
    this.#deps.telemetry.duplicateDropped();
    this.#deps.log.info({ conversation: turn.key, activity: turn.activityId }, 'delivered again, ignored');
    try {
      await earlier;
      return { kind: 'duplicate' };
    } catch {
      return { kind: 'notKept' };
    }
  }

  #begin(incoming: Incoming): Promise<void> {
    const { turn, isKept } = incoming;
    const command = commandIn(turn);
    const begin = () =>
      command === undefined
        ? this.#turns.enqueue(incoming)
        : isKept.then((isOurs) => (isOurs ? this.#obey(command, incoming) : undefined));
    return this.#inbox.whileHere(turn, begin);
  }

  /** Takes the room of a message until the returned function is called. `undefined`: there is none. */
  #takeRoom(turn: UserMessage): (() => void) | undefined {
    const command = commandIn(turn);
    if (command !== undefined) return (command.name === 'stop' ? this.#stops : this.#asides).acquire(personOf(turn));
    const chars = charsOf(turn);
    if (this.#turns.size >= MOST_TURNS || this.#chars + chars > MOST_CHARS) return undefined;
    this.#chars += chars;
    return () => {
      this.#chars -= chars;
    };
  }

  /**
   * Commands wait for no turn. What they change is changed between turns. Each is done before it is confirmed: obeyed a
   * second time, by whoever took it over, it might undo what came after.
   */
  #obey(command: Command, incoming: Incoming): Promise<void> {
    const { turn, respond, place } = incoming;
    const { key, activityId } = turn;
    const effects = {
      change: (edit: Edit) => this.#turns.change(key, edit),
      forget: () => {
        this.#turns.stop(incoming);
        this.#welcomed.delete(key);
        return this.#turns.forget(key, { ...place, activityId });
      },
      stop: () => this.#turns.stop(incoming),
    };
    const deps = { ...this.#deps, drained: this.#turns.drained };
    const send = async (sink: ReplySink) => {
      const reply = await obey(command, turn, effects, deps).catch((err: unknown) => apologize(err, turn, deps));
      await this.#turns.kept.finish(turn);
      await sink.send(reply);
    };
    return this.#turns.respond({ conversation: key }, () => respond(send));
  }

  /**
   * Does what needs neither the model nor its turn in the queue, once for each activity. `done` as with messages. What
   * goes wrong is in the log.
   */
  acceptAside(
    turn: MessageName & Pick<UserMessage, 'personKey'>,
    work: (stopping: AbortSignal) => Promise<void>,
  ): Acceptance {
    if (this.#isDraining) return { kind: 'draining' };
    if (this.#inbox.has(turn)) {
      this.#deps.telemetry.duplicateDropped();
      return { kind: 'duplicate' };
    }
    const release = this.#asides.acquire(personOf(turn));
    if (release === undefined) return { kind: 'full' };
    this.#inbox.note(turn);
    const done = this.#turns.respond({ conversation: turn.key }, () => work(this.#turns.drained));
    return { kind: 'accepted', done: done.finally(release) };
  }

  /** Greets each conversation once, and never after its first message. Resolves when that is done; never rejects. */
  async welcome(key: string, text: string, respond: Respond): Promise<void> {
    if (this.#isDraining || this.#welcomed.has(key)) return;
    this.#welcomed.set(key, true);
    const { leases } = this.#deps;
    const welcome = { text, audio: undefined };
    await this.#turns.respond({ conversation: key }, async () => {
      // A record says to the other instances that it was greeted, or has begun.
      const isNew = !leases.isShared || (await leases.create(key, EMPTY_RECORD));
      if (isNew) await respond((sink) => sink.send(welcome));
    });
  }

  /**
   * Takes nothing more, tells those who wait, lets running turns finish for up to `graceMs`, then ends them with an
   * answer that says so. Resolves when every answer is out. Safe to call twice.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    await this.#turns.drain(graceMs);
    this.#deps.pool.close();
  }

  /** As `Turns.forget`: the bot was removed. */
  forget(key: string): Promise<void> {
    this.#welcomed.delete(key);
    return this.#turns.forget(key, { acceptedAtMs: this.#deps.clock.now(), order: this.#count++, activityId: '' });
  }

  /** As `Turns.withdraw`. */
  withdraw(message: MessageName): void {
    this.#turns.withdraw(message, this.#inbox.isHere(message));
  }
}

function commandIn({ isAllowed, text }: UserMessage): Command | undefined {
  return isAllowed ? commandOf(text) : undefined;
}

/** What a message holds, about: of attachments only addresses are long, since a file may stand in one. */
function charsOf({ text, attachments }: UserMessage): number {
  return attachments.reduce((sum, each) => sum + (each.kind === 'file' ? each.url.length : 0), text.length);
}
