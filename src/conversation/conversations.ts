import { LRUCache } from 'lru-cache';
import { StoreError, TurnError } from '../errors.ts';
import { lruOptions } from '../lru-options.ts';
import { apology, messagesFor } from '../messages/messages.ts';
import type { Acceptance, MessageName } from './acceptance.ts';
import { type Command, commandOf } from './commands/commands.ts';
import { planCommand } from './commands/run-command.ts';
import { type ActivityWork, OutOfBandWork } from './out-of-band.ts';
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
  /** Conversations that have begun: of the turn that runs there may be no record yet. */
  readonly #welcomed = new LRUCache<string, true>(lruOptions(MAX_WELCOMES));
  /** The open requests in which answers go back, by their messages. */
  readonly #openRequests = new Map<string, Respond>();
  readonly #outOfBand: OutOfBandWork;
  /** Aborted, with a TurnError, when this process waits for nothing any more. */
  readonly #drained = new AbortController();
  #isDraining = false;

  constructor(services: Services) {
    this.#services = services;
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
    return this.#accept(message, async () => {
      this.#welcomed.set(message.key, true);
      if (command !== undefined) return this.#runCommand(command, message, respond);
      if (message.isInBand) return this.#enqueueHere(message, respond);
      return this.#acceptance(await this.#services.queue.add(message), DONE, message, respond);
    });
  }

  /** Does what needs neither the model nor a place in the queue, once for each activity. */
  acceptOutOfBand(
    activity: ActivityWork['activity'],
    work: (stopping: AbortSignal) => Promise<void>,
  ): Promise<Acceptance> {
    const run = () => work(this.#drained.signal);
    return this.#accept(activity, () => this.#outOfBand.accept({ activity, action: { kind: 'note' }, run }));
  }

  /** Greets each conversation once, and none that has begun. */
  welcome(key: string, text: string, respond: Respond): Promise<Acceptance> {
    return this.#accept({ key }, async () => {
      const isNew = !this.#welcomed.has(key) && (await this.#services.conversations.create(key));
      this.#welcomed.set(key, true);
      return { kind: 'accepted', done: isNew ? this.#say({ key }, respond, text) : DONE };
    });
  }

  /** A user took a message back: it is not answered if it waits, and is remembered no more. */
  withdraw(message: MessageName): Promise<Acceptance> {
    const { key, activityId } = message;
    return this.#accept(message, async () => {
      await this.#services.conversations.apply(key, undefined, { kind: 'withdraw', activityId });
      this.#services.sessions.drop(key);
      return { kind: 'accepted', done: DONE };
    });
  }

  /** The bot was removed: all that is kept of the conversation is deleted. `done`: its audio, too. */
  forget(key: string): Promise<Acceptance> {
    return this.#accept({ key }, () => this.#forgetAll([key]));
  }

  /** As `forget`, for all conversations of a team, or for one of its channels, by its key, with its threads. */
  forgetTeam(team: string, channel?: string): Promise<Acceptance> {
    return this.#accept({ key: team }, async () => {
      const keys = await this.#services.conversations.keysOfTeam(team);
      return this.#forgetAll(keys.filter((key) => channel === undefined || key.split(';')[0] === channel));
    });
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
    activity: Pick<MessageName, 'key'> & Partial<MessageName>,
    add: () => Promise<Acceptance>,
  ): Promise<Acceptance> {
    if (this.#isDraining) return { kind: 'draining' };
    const { telemetry, log } = this.#services;
    const names = { conversation: activity.key, activity: activity.activityId };
    try {
      const acceptance = await add();
      if (acceptance.kind === 'duplicate') {
        telemetry.count('duplicates');
        log.info(names, 'activity ignored: delivered again');
      }
      return acceptance;
    } catch (err) {
      if (!(err instanceof StoreError)) throw err;
      log.warn({ ...names, err }, 'activity refused: not stored');
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
        return { kind: 'accepted', done: this.#outOfBand.notify(message, () => this.#tellFull(message, respond)) };
    }
  }

  #runCommand(command: Command, message: UserMessage, respond: Respond): Promise<Acceptance> {
    const { action, confirm } = planCommand(command, message, this.#services);
    const run = async () => {
      const reply = await confirm(this.#drained.signal).catch((err: unknown) => this.#apology(err, message));
      await respond((sender) => sender.send(reply));
    };
    return this.#outOfBand.accept({ activity: message, action, run });
  }

  async #forgetAll(keys: readonly string[]): Promise<Acceptance> {
    const { conversations, sessions, audioStore } = this.#services;
    const removals: Promise<void>[] = [];
    for (const key of keys) {
      try {
        await conversations.apply(key, undefined, { kind: 'forget' });
      } finally {
        // Also where the answer is lost: it may be done, and a team then does not name it again.
        this.#welcomed.delete(key);
        sessions.drop(key);
        const removeAudio = () => this.#stored(() => audioStore.forget(key));
        removals.push(this.#outOfBand.run({ key }, removeAudio, 'audio not removed'));
      }
    }
    return { kind: 'accepted', done: Promise.all(removals).then(() => {}) };
  }

  #stored<T>(call: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#services;
    return retry(call, { clock, log, signal: this.#drained.signal });
  }

  /** Nobody else will answer it. */
  #dismiss(message: UserMessage): Promise<void> {
    const respond = this.#openRequests.get(nameOf(message)) ?? this.#services.channel.later(message.reference);
    return this.#say(message, respond, messagesFor(message.locale).shuttingDown);
  }

  #say(message: Pick<MessageName, 'key'> & Partial<MessageName>, respond: Respond, text: string): Promise<void> {
    return this.#outOfBand.run(message, () => respond((sender) => sender.send({ text, audio: undefined })));
  }

  #tellFull({ locale }: UserMessage, respond: Respond): Promise<void> {
    return respond((sender) => sender.send({ text: messagesFor(locale).queueFull, audio: undefined }));
  }

  #apology(err: unknown, { locale }: UserMessage): Reply {
    const { ids, log } = this.#services;
    const incident = ids.incident();
    log.error({ err, incident }, 'command failed');
    return { text: apology('internal', incident, messagesFor(locale)), audio: undefined };
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
