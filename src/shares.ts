/** Limits how much of a resource may be in use at once. */
export interface ShareBounds {
  /** Limits all people together; see `unverifiedShare`. */
  readonly max: number;
  readonly maxPerPerson: number;
}

export interface Person {
  readonly key: string;
  /** Whether the channel's service verifies who it is. If not, `key` names a conversation; a client may open many. */
  readonly isVerified: boolean;
}

/** The part of a limit for all people whom no channel verifies, so that others always find room. */
export function unverifiedShare(max: number): number {
  return Math.ceil(max / 2);
}

/** Counts a resource in use, or adds up sizes, so that one person cannot use up everything. */
export class Shares {
  readonly #bounds: ShareBounds;
  /** Holds only people who use some. */
  readonly #inUse = new Map<string, number>();
  #total = 0;
  /** The use of all people whom no channel verifies. */
  #unverified = 0;

  constructor(bounds: ShareBounds) {
    this.#bounds = bounds;
  }

  /**
   * Acquires an amount and returns its release, which is safe to call twice. Returns `undefined` if too little is left.
   */
  acquire(person: Person, amount = 1): (() => void) | undefined {
    if (!this.hasRoom(person, amount)) return undefined;
    this.#add(person, amount);
    let isReleased = false;
    return () => {
      if (!isReleased) this.#add(person, -amount);
      isReleased = true;
    };
  }

  /** Whether the person can acquire the amount now. */
  hasRoom(person: Person, amount = 1): boolean {
    const { max } = this.#bounds;
    if (this.#total + amount > max || !this.hasShareLeft(person, amount)) return false;
    return person.isVerified || this.#unverified + amount <= unverifiedShare(max);
  }

  /** Whether the person's own share allows the amount. */
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
