import { SendError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';

/** What work beside the turns needs. */
export interface OutOfBandOptions {
  readonly ids: Ids;
  readonly log: Logger;
  /** Called when nobody is there any more. Must not reject. */
  readonly onGone: (conversation: string) => Promise<void>;
}

/** Work that no turn waits for: confirmations, refusals, what a card asked for. It ends before the process does. */
export class OutOfBandWork {
  readonly #options: OutOfBandOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: OutOfBandOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong ends in the log, since nobody is left to be told. */
  run(conversation: string, work: () => Promise<void>): Promise<void> {
    const { ids, log, onGone } = this.#options;
    // In a function of its own, so that what is thrown at once is caught like what is thrown later.
    const running = (async () => work())()
      .catch(async (err: unknown) => {
        log.error({ err, incident: ids.incident(), conversation }, 'reply not sent');
        if (err instanceof SendError && err.code === 'conversation_gone') await onGone(conversation);
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Resolves once all that runs now has ended. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#running);
  }
}
