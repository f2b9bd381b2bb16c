import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { messageId } from './names.ts';
import { untilStored } from './patience.ts';
import type { MessageName, PendingStore } from './pending-store.ts';
import type { UserTurn } from './turn.ts';

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

  /** It is to be answered by nobody. */
  remove(message: MessageName): Promise<void> {
    return this.#tidy(message.key, () => this.#options.pending.remove(message));
  }

  /** Its answer is out, and stands in no record. */
  finish(turn: UserTurn): Promise<void> {
    return turn.isInBand ? Promise.resolve() : this.#tidy(turn.key, () => this.#options.pending.finish(turn));
  }

  /** All others of the conversation are to be answered by nobody: whichever instance is at them stops. */
  discardOthers(by: MessageName): Promise<void> {
    const { pending } = this.#options;
    return this.#tidy(by.key, async () => {
      const entries = await pending.list(by.key);
      const others = entries.filter(({ isDone, name }) => !isDone && !name.endsWith(messageId(by)));
      await Promise.all(others.map((entry) => pending.discard(entry)));
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
