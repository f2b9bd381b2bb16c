/**
 * Runs items one after another within a key, in the order of `add`; keys run side by side. Holds nothing for a key
 * without items. Begins once it is opened.
 */
export class KeyedQueue<Item> {
  readonly #run: (item: Item) => Promise<void>;
  /** The items that wait; a key is present while it has any, or one runs. */
  readonly #waiting = new Map<string, Item[]>();
  readonly #running = new Map<string, Item>();
  readonly #onIdle: (() => void)[] = [];
  #isOpen = false;

  /** `run` must not reject. */
  constructor(run: (item: Item) => Promise<void>) {
    this.#run = run;
  }

  /** Begins to run items. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const [key, items] of [...this.#waiting]) void this.#work(key, items);
  }

  add(key: string, item: Item): void {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.push(item);
      return;
    }
    const items = [item];
    this.#waiting.set(key, items);
    if (this.#isOpen) void this.#work(key, items);
  }

  waitingCount(key: string): number {
    return this.#waiting.get(key)?.length ?? 0;
  }

  /** The item that runs now. */
  running(key: string): Item | undefined {
    return this.#running.get(key);
  }

  allRunning(): readonly Item[] {
    return [...this.#running.values()];
  }

  /** Removes waiting items, of one key or of all. Returns them. */
  remove(key?: string, isRemoved: (item: Item) => boolean = () => true): readonly Item[] {
    const lists = key === undefined ? [...this.#waiting.values()] : [this.#waiting.get(key) ?? []];
    return lists.flatMap((waiting) => {
      const removed = waiting.filter(isRemoved);
      waiting.splice(0, waiting.length, ...waiting.filter((item) => !removed.includes(item)));
      return removed;
    });
  }

  /** Resolves once nothing runs. Items that wait in a queue that was never opened are not waited for. */
  async whenIdle(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  async #work(key: string, waiting: Item[]): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      this.#running.set(key, item);
      await this.#run(item);
    }
    this.#running.delete(key);
    this.#waiting.delete(key);
    if (this.#running.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
