/** How many of something may be in use at once. */
export interface ShareBounds {
  /** Over all people. */
  readonly max: number;
  readonly maxPerPerson: number;
}

/** Counts what is in use, so that one person cannot use up what is there for all. */
export class Shares {
  readonly #bounds: ShareBounds;
  /** Only people who use any. */
  readonly #inUse = new Map<string, number>();
  #total = 0;

  constructor(bounds: ShareBounds) {
    this.#bounds = bounds;
  }

  /** Takes one until the returned function is called, which is safe to call twice. `undefined`: none is left. */
  acquire(person: string): (() => void) | undefined {
    const own = this.#inUse.get(person) ?? 0;
    if (this.#total >= this.#bounds.max || own >= this.#bounds.maxPerPerson) return undefined;
    this.#add(person, 1);
    let isReleased = false;
    return () => {
      if (!isReleased) this.#add(person, -1);
      isReleased = true;
    };
  }

  #add(person: string, change: 1 | -1): void {
    const own = (this.#inUse.get(person) ?? 0) + change;
    if (own === 0) this.#inUse.delete(person);
    else this.#inUse.set(person, own);
    this.#total += change;
  }
}
