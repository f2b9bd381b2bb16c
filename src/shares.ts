/** How many of something may be in use at once. */
export interface ShareBounds {
  /** Over all people; see `unverifiedShare`. */
  readonly max: number;
  readonly maxPerPerson: number;
}

/** Whose share something counts in. */
export interface Person {
  readonly key: string;
  /** Whether the channel's service says who it is. Else `key` names a conversation, and a client may open any number. */
  readonly isVerified: boolean;
}

/** How much of a bound everybody whom no channel verifies may use together, so that others always find room. */
export function unverifiedShare(max: number): number {
  return Math.ceil(max / 2);
}

/** Counts what is in use, or adds up its sizes, so that one person cannot use up what is there for all. */
export class Shares {
  readonly #bounds: ShareBounds;
  /** Only people who use any. */
  readonly #inUse = new Map<string, number>();
  #total = 0;
  /** By everybody whom no channel verifies. */
  #unverified = 0;

  constructor(bounds: ShareBounds) {
    this.#bounds = bounds;
  }

  /** Takes some until the returned function is called, which is safe to call twice. `undefined`: too little is left. */
  acquire(person: Person, amount = 1): (() => void) | undefined {
    if (!this.hasRoom(person, amount)) return undefined;
    this.#add(person, amount);
    let isReleased = false;
    return () => {
      if (!isReleased) this.#add(person, -amount);
      isReleased = true;
    };
  }

  /** Whether there is so much left for the person. */
  hasRoom(person: Person, amount = 1): boolean {
    const { max } = this.#bounds;
    if (this.#total + amount > max || !this.hasShareLeft(person, amount)) return false;
    return person.isVerified || this.#unverified + amount <= unverifiedShare(max);
  }

  /** Whether the person's own share allows so much more. */
  hasShareLeft({ key }: Person, amount = 1): boolean {
    return (this.#inUse.get(key) ?? 0) + amount <= this.#bounds.maxPerPerson;
  }

  #add({ key, isVerified }: Person, change: number): void {
    const own = (this.#inUse.get(key) ?? 0) + change;
    if (own === 0) this.#inUse.delete(key);
    else this.#inUse.set(key, own);
    this.#total += change;
    if (!isVerified) this.#unverified += change;
  }
}
