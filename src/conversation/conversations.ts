import { LRUCache } from 'lru-cache';
import { TurnError } from '../errors.ts';
import { lruOptions } from '../lru-options.ts';
import { apology, messagesFor } from '../messages/messages.ts';
import { type Acceptance, AcceptanceGuard, type ActivityName, logNamesOf, type PersonActivity } from './acceptance.ts';
import { type AcceptedDecision, acceptDecision, decisionResultText } from './approvals/accept-decision.ts';
import { approvalMeantBy, type DecisionRequest, type DecisionResult, decisionInWords } from './approvals/decide.ts';
import { type Command, commandOf } from './commands/commands.ts';
import { forgetAudioAndAudit, planCommand } from './commands/plan-command.ts';
import type { AppliedAction } from './conversation-store.ts';
import { isSameOrSiblingThread } from './keys.ts';
import type { AddedTurn, TurnJob } from './queue/turn-queue.ts';
import type { Reply, WithReplySender } from './reply.ts';
import { retry } from './retry.ts';
import type { Services } from './services.ts';
import { SideWork } from './side-work.ts';
import { reportTurn } from './turn/report-turn.ts';
import { runTurn } from './turn/run-turn.ts';
import { Turn } from './turn/turn.ts';
import type { UserMessage } from './user-message.ts';

const DONE = Promise.resolve();
const MAX_BEGUN = 50_000;

/** All conversations of this instance: accepts messages, and answers what needs no turn. */
export class Conversations {
  readonly #services: Services;
  /** Conversations that need no welcome: they were greeted, or a user has written. Their record may not exist yet. */
  readonly #begun = new LRUCache<string, true>(lruOptions(MAX_BEGUN));
  /** The open requests of messages that expect replies. */
  readonly #openRequests = new WeakMap<UserMessage, WithReplySender>();
  readonly #sideWork: SideWork;
  readonly #guard: AcceptanceGuard;
  /** Aborted, with a TurnError, when the grace of `drain` is over. */
  readonly #shutdown = new AbortController();

  constructor(services: Services) {
    this.#services = services;
    this.#guard = new AcceptanceGuard(services);
    this.#sideWork = new SideWork(services, (key) => this.#leave(key));
  }

  get isDraining(): boolean {
    return this.#guard.isClosed;
  }

  /** Begins to run turns. */
  start(): void {
    this.#services.queue.start((job) => this.#run(job));
  }

  /** Accepts a message: it is answered once, also after a crash of this process. */
  accept(message: UserMessage, withReplySender: WithReplySender): Promise<Acceptance> {
    const command = message.isAllowed ? commandOf(message.text) : undefined;
    return this.#guard.run(message, async (signal) => {
      this.#begun.set(message.key, true);
      const kind = decisionInWords(message, command, this.#services);
      // Only a possible decision waits for a lookup: all others are added in the order in which `accept` was called.
      if (kind !== undefined) {
        const approvalId = await approvalMeantBy(message, command, this.#services);
        signal.throwIfAborted();
        if (approvalId !== undefined) return this.#decide({ approvalId, kind }, message, withReplySender, signal);
      }
      if (command !== undefined) return this.#runCommand(command, message, withReplySender);
      return this.#acceptTurn(message, withReplySender);
    });
  }

  /**
   * Decides about a call that waits for its user, and resolves with what became of the decision. A turn of its own
   * carries it out.
   */
  async decide(
    request: DecisionRequest,
    message: UserMessage,
    withReplySender: WithReplySender,
  ): Promise<AcceptedDecision> {
    const accepted = await this.#guard.run(message, (signal) =>
      this.#decide(request, message, withReplySender, signal),
    );
    // An activity that was not accepted is refused: nobody reads its result.
    return 'result' in accepted ? accepted : { ...accepted, result: { kind: 'gone' } };
  }

  /** Runs work that needs neither the model nor a place in the queue, once for each activity. */
  acceptSideWork(activity: PersonActivity, work: (shutdown: AbortSignal) => Promise<void>): Promise<Acceptance> {
    const run = () => work(this.#shutdown.signal);
    return this.#guard.run(activity, () => this.#sideWork.accept(activity, { kind: 'markHandled' }, run));
  }

  /** Runs work that no activity waits for. It ends before the process does. An error is logged as `failure`. */
  runSideWork(activity: ActivityName, work: () => Promise<void>, failure: string): void {
    void this.#sideWork.run(activity, work, failure);
  }

  /** Greets each conversation once, and none that has begun. */
  welcome(key: string, text: string, withReplySender: WithReplySender): Promise<Acceptance> {
    return this.#guard.run({ key }, async () => {
      const isNew = !this.#begun.has(key) && (await this.#services.conversationStore.create(key));
      this.#begun.set(key, true);
      return { kind: 'accepted', done: isNew ? this.#sideWork.say({ key }, withReplySender, text) : DONE };
    });
  }

  /** A user deleted a message: it is not answered if it still waits, and leaves the history. */
  withdraw(message: Required<ActivityName>): Promise<Acceptance> {
    const { key, activityId } = message;
    return this.#guard.run(message, async () => {
      await this.#services.conversationStore.apply(key, { kind: 'withdraw', activityId });
      this.#services.sessions.drop(key);
      return { kind: 'accepted', done: DONE };
    });
  }

  /** Deletes the conversation: the bot was removed from it. `done` resolves once its audio is deleted. */
  forget(key: string): Promise<Acceptance> {
    return this.#guard.run({ key }, () => this.#forgetAll([key]));
  }

  /**
   * Forgets all conversations of a team. With `channel`, the key of one of its channels: that channel and its threads.
   */
  forgetTeam(team: string, channel?: string): Promise<Acceptance> {
    // Only the log reads this key.
    return this.#guard.run({ key: team }, async () => {
      const keys = await this.#services.conversationStore.keysOfTeam(team);
      return this.#forgetAll(keys.filter((key) => channel === undefined || isSameOrSiblingThread(key, channel)));
    });
  }

  /**
   * Rejects new activities, notifies the users whose messages will not be answered, and lets running turns finish for
   * up to `graceMs`, then ends them. Resolves when every reply is out. Safe to call twice.
   */
  async drain(graceMs: number): Promise<void> {
    const { queue, clock, sessions } = this.#services;
    const accepted = this.#guard.close();
    const endMs = clock.now() + graceMs;
    const cancelTimer = clock.after(graceMs, () => {
      this.#shutdown.abort(new TurnError('shutting_down', 'the process has to end'));
    });
    // What is being accepted may still add turns and replies.
    await accepted;
    await queue.drain(Math.max(0, endMs - clock.now()), (message) => this.#dismiss(message));
    await this.#sideWork.whenIdle();
    cancelTimer();
    sessions.close();
  }

  async #run(job: TurnJob): Promise<void> {
    const { message } = job;
    const turn = new Turn(job, this.#withReplySenderFor(message), this.#services);
    const result = await runTurn(turn);
    reportTurn(result, turn);
    if (result.kind === 'gone') await this.#leave(message.key);
  }

  #add(message: UserMessage, withReplySender: WithReplySender): Promise<AddedTurn> {
    if (message.expectsReplies) this.#openRequests.set(message, withReplySender);
    return this.#services.queue.add(message);
  }

  #decide(
    request: DecisionRequest,
    message: UserMessage,
    withReplySender: WithReplySender,
    signal: AbortSignal,
  ): Promise<AcceptedDecision> {
    const say = async (result: DecisionResult): Promise<Acceptance> => {
      if (request.isShown) return { kind: 'accepted', done: DONE };
      const text = decisionResultText(result, messagesFor(message.locale));
      if (result.kind === 'queueFull')
        return { kind: 'accepted', done: this.#sideWork.notify(message, withReplySender, text) };
      const run = () => withReplySender((sender) => sender.send({ text }));
      return this.#sideWork.accept(message, { kind: 'markHandled' }, run);
    };
    const add = (turn: UserMessage) => this.#add(turn, withReplySender);
    return acceptDecision(request, message, add, say, signal, this.#services);
  }

  async #acceptTurn(message: UserMessage, withReplySender: WithReplySender): Promise<Acceptance> {
    const { result, done } = await this.#add(message, withReplySender);
    switch (result) {
      case 'queued':
        return { kind: 'accepted', done };
      case 'duplicate':
      case 'busy':
        return { kind: result };
      case 'queueFull': {
        this.#services.log.warn(logNamesOf(message), 'message refused: queue full');
        // Accepted, so that the channel does not redeliver; the user gets a notice.
        const { queueFull } = messagesFor(message.locale);
        return { kind: 'accepted', done: this.#sideWork.notify(message, withReplySender, queueFull) };
      }
    }
  }

  async #runCommand(command: Command, message: UserMessage, withReplySender: WithReplySender): Promise<Acceptance> {
    const { action, makeReply } = planCommand(command, message, this.#services);
    const run = async (applied: AppliedAction) => {
      const reply = await this.#retryStore(() => makeReply(applied)).catch((err: unknown) =>
        this.#apology(err, message),
      );
      await withReplySender((sender) => sender.send(reply));
    };
    const acceptance = await this.#sideWork.accept(message, action, run);
    // The first delivery may have ended before its reply was made.
    if (acceptance.kind === 'duplicate' && action.kind === 'forget') await this.#forgetAgain(message.key);
    return acceptance;
  }

  async #forgetAll(keys: readonly string[]): Promise<Acceptance> {
    const removals: Promise<void>[] = [];
    for (const key of keys) {
      try {
        await this.#services.conversationStore.apply(key, { kind: 'forget' });
      } finally {
        // Clean up even on error: the delete may have committed, and then keysOfTeam no longer returns this key.
        this.#begun.delete(key);
        this.#services.sessions.drop(key);
        removals.push(this.#forgetAudioAndAudit(key));
      }
    }
    return { kind: 'accepted', done: Promise.all(removals).then(() => {}) };
  }

  /** For a `/forget` that was delivered again. Deletes nothing if the conversation has gone on: its new audio stays. */
  async #forgetAgain(key: string): Promise<void> {
    const { usage } = await this.#services.conversationStore.read(key);
    if (usage.turns === 0) void this.#forgetAudioAndAudit(key);
  }

  #forgetAudioAndAudit(key: string): Promise<void> {
    const forget = () => this.#retryStore(() => forgetAudioAndAudit(key, this.#services));
    return this.#sideWork.run({ key }, forget, 'audio or audit not cleaned up');
  }

  #retryStore<T>(call: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#services;
    return retry(call, { clock, log, signal: this.#shutdown.signal });
  }

  #withReplySenderFor(message: UserMessage): WithReplySender {
    return this.#openRequests.get(message) ?? this.#services.channel.byChannelCall(message.reference);
  }

  /** Tells the user of a message that nobody will answer it. */
  #dismiss(message: UserMessage): Promise<void> {
    const { restarting } = messagesFor(message.locale).apologies;
    return this.#sideWork.say(message, this.#withReplySenderFor(message), restarting);
  }

  #apology(err: unknown, message: UserMessage): Reply {
    const { ids, log } = this.#services;
    const incident = ids.incident();
    log.error({ err, incident, ...logNamesOf(message) }, 'command failed');
    return { text: apology('internal', incident, messagesFor(message.locale)) };
  }

  /**
   * The channel reports the conversation as gone: waiting messages are cancelled. The record stays for an unblocked
   * bot.
   */
  async #leave(key: string): Promise<void> {
    this.#services.sessions.drop(key);
    await this.#retryStore(() => this.#services.conversationStore.apply(key, { kind: 'leave' })).catch((err: unknown) =>
      this.#services.log.warn({ err, conversation: key }, 'waiting messages not cancelled: conversation gone'),
    );
  }
}
