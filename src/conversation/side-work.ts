import { SendError } from '../errors.ts';
import { type ShareBounds, Shares } from '../shares.ts';
import { type Acceptance, type ActivityName, logNamesOf, type PersonActivity } from './acceptance.ts';
import type { AppliedAction, ConversationAction } from './conversation-store.ts';
import type { WithReplySender } from './reply.ts';
import type { Services } from './services.ts';
import { personOf } from './speakers.ts';

/** Limits the work that runs at the same time, since each piece may hold a file in memory. */
const BOUNDS: ShareBounds = { max: 100, maxPerPerson: 10 };

/** Work without a turn: commands, refusals, what a card asked for. It ends before the process does. */
export class SideWork {
  readonly #services: Services;
  readonly #onGone: (conversation: string) => Promise<void>;
  readonly #shares = new Shares(BOUNDS);
  /** `/stop` has a share of its own: it ends work, so commands that are still being sent must not refuse it. */
  readonly #stopShares = new Shares(BOUNDS);
  /** Notices do not use up the room of commands. */
  readonly #noticeShares = new Shares(BOUNDS);
  readonly #running = new Set<Promise<void>>();

  /** `onGone`: called when the channel reports a conversation as gone. Must not reject. */
  constructor(services: Services, onGone: (conversation: string) => Promise<void>) {
    this.#services = services;
    this.#onGone = onGone;
  }

  /** Applies the action, then runs `run`; both only if the activity is new. Rejects with a StoreError. */
  async accept(
    activity: PersonActivity,
    action: ConversationAction,
    run: (applied: AppliedAction) => Promise<void>,
  ): Promise<Acceptance> {
    const { key, activityId } = activity;
    const shares = action.kind === 'stop' ? this.#stopShares : this.#shares;
    const release = shares.acquire(personOf(activity));
    if (release === undefined) return { kind: 'busy' };
    let applied: AppliedAction | undefined;
    try {
      applied = await this.#services.conversationStore.apply(key, action, activityId);
    } finally {
      if (applied === undefined) release();
    }
    if (applied === undefined) return { kind: 'duplicate' };
    const result = applied;
    // A stop changes no record, and the stopped turn closes its session itself.
    if (action.kind !== 'markHandled' && action.kind !== 'stop') this.#services.sessions.drop(key);
    return { kind: 'accepted', done: this.run(activity, () => run(result)).finally(release) };
  }

  /** Works as `say`, but says nothing while too much of it is still being sent to the person. */
  async notify(activity: PersonActivity, withReplySender: WithReplySender, text: string): Promise<void> {
    const release = this.#noticeShares.acquire(personOf(activity));
    if (release !== undefined) await this.say(activity, withReplySender, text).finally(release);
  }

  /** Sends a text. Never rejects. */
  say(activity: ActivityName, withReplySender: WithReplySender, text: string): Promise<void> {
    return this.run(activity, () => withReplySender((sender) => sender.send({ text })));
  }

  /** Never rejects: an error is logged as `failure`. */
  run(activity: ActivityName, work: () => Promise<void>, failure = 'reply not sent'): Promise<void> {
    const { ids, log } = this.#services;
    // The async wrapper turns a synchronous throw into a rejection.
    const running = (async () => work())()
      .catch(async (err: unknown) => {
        log.error({ err, incident: ids.incident(), ...logNamesOf(activity) }, failure);
        if (err instanceof SendError && err.code === 'conversation_gone') await this.#onGone(activity.key);
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Resolves once nothing runs. */
  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
