/**
 * Runs work of one key one after another, in the order of the calls; keys run side by side. pg-boss orders messages by
 * the start of the transactions that store them: those of one conversation must not overlap.
 */
export class KeyChain {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Settles as `work` does. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const settled = result.catch(() => {});
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return result;
  }
}
