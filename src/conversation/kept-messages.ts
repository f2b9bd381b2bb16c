import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { messageId } from './keys.ts';
import type { MessageName, PendingEntry, PendingStore } from './pending-store.ts';
import { untilStored } from './retry.ts';
import type { UserMessage } from './user-message.ts';

/** What ends the keeping of messages needs. */
export interface KeptMessagesOptions {
  readonly pending: PendingStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the store is waited for no more. */
  readonly drained: AbortSignal;
}

/** The ends of messages that were kept. Each is tried until the store does it; what fails for good is in the log. */
export class KeptMessages {
  readonly #options: KeptMessagesOptions;

  constructor(options: KeptMessagesOptions) {
    this.#options = options;
  }

  /** Its end stands in no record: it is answered, refused, or to be answered by nobody. */
  finish(turn: UserMessage): Promise<void> {
    return turn.isInBand ? Promise.resolve() : this.#tidy(turn.key, () => this.#options.pending.finish(turn));
  }

  /** It was taken back. What was answered long ago is marked as done as well: that does no harm. */
  withdraw(message: MessageName): Promise<void> {
    return this.#tidy(message.key, () => this.#options.pending.finish(message));
  }

  /** All that was accepted in the conversation before is to be answered by nobody: whichever instance is at it stops. */
  discardBefore({ key, activityId, acceptedAtMs }: MessageName & { readonly acceptedAtMs: number }): Promise<void> {
    const { pending } = this.#options;
    return this.#tidy(key, async () => {
      const entries = await pending.list(key);
      const isOlder = (entry: PendingEntry) => !entry.isDone && entry.acceptedAtMs <= acceptedAtMs;
      const older = entries.filter((entry) => isOlder(entry) && !entry.name.endsWith(messageId({ activityId })));
      await Promise.all(older.map((entry) => pending.discard(entry)));
    });
  }

  async #tidy(key: string, work: () => Promise<void>): Promise<void> {
    const { clock, log, drained } = this.#options;
    try {
      await untilStored(work, { clock, log, signal: drained });
    } catch (err) {
      log.warn({ err, conversation: key }, 'the end of a message was not stored');
    }
  }
}
