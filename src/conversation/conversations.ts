import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import { StoreError, TurnError } from '../errors.ts';
import { apology, wordingFor } from '../messages/messages.ts';
import type { Acceptance, MessageName } from './acceptance.ts';
import { type Command, commandOf } from './commands/commands.ts';
import { planCommand } from './commands/run-command.ts';
import type { ConversationAction } from './conversation-store.ts';
import { type ActivityWork, OutOfBandWork } from './out-of-band.ts';
import { OutageNotices } from './outage-notices.ts';
import type { AddResult, TurnJob } from './queue/turn-queue.ts';
import type { Reply, Respond } from './reply.ts';
import { retry } from './retry.ts';
import type { Services } from './services.ts';
import { reportTurn } from './turn/report-turn.ts';
import { runTurn } from './turn/run-turn.ts';
import { TurnContext } from './turn/turn-context.ts';
import type { UserMessage } from './user-message.ts';

const DONE = Promise.resolve();
const MAX_WELCOMES = 50_000;

/** All conversations of this instance: accepts messages, and answers what needs no turn. */
export class Conversations {
  readonly #services: Services;
  readonly #welcomed = new LRUCache<string, true>(atMost(MAX_WELCOMES));
  readonly #outage: OutageNotices;
  /** The open requests in which answers go back, by their messages. */
  readonly #openRequests = new Map<string, Respond>();
  readonly #outOfBand: OutOfBandWork;
  /** Aborted, with a TurnError, when this process waits for nothing any more. */
  readonly #drained = new AbortController();
  #isDraining = false;

  constructor(services: Services) {
    this.#services = services;
    this.#outage = new OutageNotices(services.clock);
    this.#outOfBand = new OutOfBandWork(services, (key) => this.#leave(key));
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Begins to run turns. */
  start(): void {
    this.#services.queue.start((job) => this.#run(job));
  }

  /** Whether the conversation takes one more message; otherwise its user is told to wait. */
  async hasRoom(key: string): Promise<boolean> {
    return !this.#isDraining && this.#services.queue.hasRoom(key);
  }

  /** Accepts a message, in the order of the calls: it will be answered once, also after a crash of this process. */
  accept(message: UserMessage, respond: Respond): Promise<Acceptance> {
    const command = message.isAllowed ? commandOf(message.text) : undefined;
    return this.#accept(message, respond, async () => {
      if (command !== undefined) return this.#obey(command, message, respond);
      if (message.isInBand) return this.#enqueueHere(message, respond);
      return this.#acceptance(await this.#services.queue.add(message), DONE, message, respond);
    });
  }

  /** Does what needs neither the model nor a place in the queue, once for each activity. */
  acceptAside(activity: ActivityWork['activity'], work: (stopping: AbortSignal) => Promise<void>): Promise<Acceptance> {
    const run = () => work(this.#drained.signal);
    return this.#accept(activity, undefined, () => this.#outOfBand.accept({ activity, action: { kind: 'note' }, run }));
  }

  /** Greets each conversation once, and never after its first message. Resolves when that is done; never rejects. */
  async welcome(key: string, text: string, respond: Respond): Promise<void> {
    if (this.#isDraining || this.#welcomed.has(key)) return;
    this.#welcomed.set(key, true);
    await this.#outOfBand.run({ key }, async () => {
      const isNew = await this.#services.conversations.create(key);
      if (isNew) await respond((sink) => sink.send({ text, audio: undefined }));
    });
  }

  /** A user took a message back: it is not answered if it waits, and is remembered no more. Resolves when that is done. */
  withdraw(message: MessageName): Promise<void> {
    const { key, activityId } = message;
    const work = () => this.#apply(key, { kind: 'withdraw', activityId });
    return this.#outOfBand.run(message, work, 'message not withdrawn');
  }

  /** The bot was removed: all that is kept of the conversation is deleted. Resolves when that is done; never rejects. */
  forget(key: string): Promise<void> {
    const work = async () => {
      await this.#apply(key, { kind: 'forget' });
      await this.#forgotten(key);
    };
    return this.#outOfBand.run({ key }, work, 'conversation not forgotten');
  }

  /** As `forget`, for all conversations of a team, or for one of its channels, by its key, with its threads. */
  forgetTeam(team: string, channel?: string): Promise<void> {
    const work = async () => {
      const keys = await this.#stored(() => this.#services.conversations.keysOfTeam(team));
      for (const key of keys) if (channel === undefined || key.split(';')[0] === channel) await this.forget(key);
    };
    return this.#outOfBand.run({ key: team }, work, 'team not forgotten');
  }

  /**
   * Accepts nothing more, tells the users of messages that nobody will answer, lets running turns finish for up to
   * `graceMs`, then ends them. Resolves when every answer is out. Safe to call twice.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const { queue, clock, sessions } = this.#services;
    const cancelTimer = clock.after(graceMs, () => {
      this.#drained.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    await queue.drain(graceMs, (message) => this.#dismiss(message));
    await this.#outOfBand.whenIdle();
    cancelTimer();
    sessions.close();
  }

  async #run(job: TurnJob): Promise<void> {
    const { message } = job;
    const respond = this.#openRequests.get(nameOf(message)) ?? this.#services.channel.later(message.reference);
    const turn = new TurnContext(job, respond, this.#services);
    const result = await runTurn(turn, this.#services);
    reportTurn(result, turn);
    if (result.kind === 'gone') await this.#leave(message.key);
  }

  async #accept(
    activity: MessageName & Partial<UserMessage>,
    respond: Respond | undefined,
    add: () => Promise<Acceptance>,
  ): Promise<Acceptance> {
    if (this.#isDraining) return { kind: 'draining' };
    const { telemetry, log } = this.#services;
    const names = { conversation: activity.key, activity: activity.activityId };
    try {
      const acceptance = await add();
      this.#outage.noteSuccess();
      if (acceptance.kind === 'duplicate') {
        telemetry.duplicateDropped();
        log.info(names, 'activity ignored: delivered again');
      } else if (acceptance.kind === 'accepted') this.#welcomed.set(activity.key, true);
      return acceptance;
    } catch (err) {
      if (!(err instanceof StoreError)) throw err;
      log.warn({ ...names, err }, 'message refused: not stored');
      this.#outage.noteFailure();
      if (respond !== undefined && this.#outage.isDue(activity.key))
        void this.#say(activity, respond, wordingFor(activity.locale).storage.notKept);
      return { kind: 'notStored' };
    }
  }

  /** The answer goes back in the request, which is open here alone. */
  async #enqueueHere(message: UserMessage, respond: Respond): Promise<Acceptance> {
    const name = nameOf(message);
    if (this.#openRequests.has(name)) return { kind: 'duplicate' };
    this.#openRequests.set(name, respond);
    const close = () => this.#openRequests.delete(name);
    try {
      const { result, done } = await this.#services.queue.addHere(message);
      return this.#acceptance(result, done.finally(close), message, respond);
    } catch (err) {
      close();
      throw err;
    }
  }

  #acceptance(result: AddResult, done: Promise<void>, message: UserMessage, respond: Respond): Acceptance {
    switch (result) {
      case 'queued':
        return { kind: 'accepted', done };
      case 'duplicate':
        return { kind: 'duplicate' };
      case 'busy':
        return { kind: 'full' };
      case 'queueFull':
        this.#services.log.warn(
          { conversation: message.key, activity: message.activityId },
          'message rejected: queue full',
        );
        return { kind: 'accepted', done: this.#say(message, respond, wordingFor(message.locale).queueFull) };
    }
  }

  #obey(command: Command, message: UserMessage, respond: Respond): Promise<Acceptance> {
    const { action, confirm } = planCommand(command, message, this.#services);
    const run = async () => {
      const reply = await confirm(this.#drained.signal).catch((err: unknown) => this.#apology(err, message));
      await respond((sink) => sink.send(reply));
    };
    return this.#outOfBand.accept({ activity: message, action, run });
  }

  async #apply(key: string, action: ConversationAction): Promise<void> {
    await this.#stored(() => this.#services.conversations.apply(key, undefined, action));
    this.#services.sessions.drop(key);
  }

  /** What the store of conversations does not hold. */
  async #forgotten(key: string): Promise<void> {
    const { sessions, audioStore } = this.#services;
    this.#welcomed.delete(key);
    sessions.drop(key);
    await this.#stored(() => audioStore.forget(key));
  }

  #stored<T>(call: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#services;
    return retry(call, { clock, log, signal: this.#drained.signal });
  }

  /** Nobody else will answer it. */
  #dismiss(message: UserMessage): Promise<void> {
    const respond = this.#openRequests.get(nameOf(message)) ?? this.#services.channel.later(message.reference);
    return this.#say(message, respond, wordingFor(message.locale).shuttingDown);
  }

  #say(message: MessageName, respond: Respond, text: string): Promise<void> {
    return this.#outOfBand.run(message, () => respond((sink) => sink.send({ text, audio: undefined })));
  }

  #apology(err: unknown, { locale }: UserMessage): Reply {
    const { ids, log } = this.#services;
    const incident = ids.incident();
    log.error({ err, incident }, 'command failed');
    return { text: apology('internal', incident, wordingFor(locale)), audio: undefined };
  }

  /** Nobody can be reached there: what waits is cancelled. What was said is kept, for a user who lets the bot in again. */
  async #leave(key: string): Promise<void> {
    this.#services.sessions.drop(key);
    await this.#stored(() => this.#services.conversations.apply(key, undefined, { kind: 'leave' })).catch(
      (err: unknown) =>
        this.#services.log.warn({ err, conversation: key }, 'messages of a conversation that is gone not cancelled'),
    );
  }
}

/** Activity ids are unique only within a conversation. */
function nameOf({ key, activityId }: MessageName): string {
  return JSON.stringify([key, activityId]);
}
