import type { CrashLedger, Message } from './ledger.ts';
import type { Step } from './steps.ts';

/** Holds messages at their steps until the kill. */
export class Holds {
  readonly #ledger: CrashLedger;
  #gate = Promise.withResolvers<void>();

  constructor(ledger: CrashLedger) {
    this.#ledger = ledger;
  }

  /** True the first time that a message reaches the step at which it is to be interrupted. */
  reach(message: Message | undefined, step: Step | undefined): boolean {
    if (step === undefined || message?.kind !== step) return false;
    if (message.reachedAtMs !== undefined || message.killedAtMs !== undefined) return false;
    message.reachedAtMs = Date.now();
    this.#ledger.recheck();
    return true;
  }

  /** Resolves after the next kill. */
  get whenReleased(): Promise<void> {
    return this.#gate.promise;
  }

  release(): void {
    this.#gate.resolve();
    this.#gate = Promise.withResolvers<void>();
  }
}
