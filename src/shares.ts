/** How many of something may be in use at once. */
export interface ShareBounds {
  /** Over all people; see `unvouchedPart`. */
  readonly max: number;
  readonly maxPerPerson: number;
}

/** Whose share something counts in. */
export interface Person {
  readonly key: string;
  /** Whether the channel's service says who it is. Else `key` names a conversation, and a client may open any number. */
  readonly isVouched: boolean;
}

/** How much of a bound everybody for whom no channel vouches may use together, so that others always find room. */
export function unvouchedPart(max: number): number {
  return Math.ceil(max / 2);
}

/** Counts what is in use, so that one person cannot use up what is there for all. */
export class Shares {
  readonly #bounds: ShareBounds;
  /** Only people who use any. */
  readonly #inUse = new Map<string, number>();
  #total = 0;
  /** By everybody for whom no channel vouches. */
  #unvouched = 0;

  constructor(bounds: ShareBounds) {
    this.#bounds = bounds;
  }

  /** Takes one until the returned function is called, which is safe to call twice. `undefined`: none is left. */
  acquire(person: Person): (() => void) | undefined {
    const { max } = this.#bounds;
    if (this.#total >= max || !this.hasShareLeft(person)) return undefined;
    if (!person.isVouched && this.#unvouched >= unvouchedPart(max)) return undefined;
    this.#add(person, 1);
    let isReleased = false;
    return () => {
      if (!isReleased) this.#add(person, -1);
      isReleased = true;
    };
  }

  /** Whether the person's own share allows one more. */
  hasShareLeft({ key }: Person): boolean {
    return (this.#inUse.get(key) ?? 0) < this.#bounds.maxPerPerson;
  }

  #add({ key, isVouched }: Person, change: 1 | -1): void {
    const own = (this.#inUse.get(key) ?? 0) + change;
    if (own === 0) this.#inUse.delete(key);
    else this.#inUse.set(key, own);
    this.#total += change;
    if (!isVouched) this.#unvouched += change;
  }
}
