/** What is told of a blob without its content. */
export interface BlobFacts {
  readonly name: string;
  /** Changes with every write: what conditions compare. */
  readonly tag: string;
  readonly writtenAtMs: number;
  /** Short ASCII values under lower-case names. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A blob with its content. */
export interface Blob extends BlobFacts {
  readonly body: Buffer;
}

/** Under which condition something is written: only where nothing is, only over this very version, or over anything. */
export type WriteCondition =
  | { readonly over: 'nothing' }
  | { readonly over: 'version'; readonly tag: string }
  | undefined;

export interface WriteOptions {
  readonly condition?: WriteCondition;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

/**
 * One container of blobs. Each call is one round trip, is tried once, and rejects with a StoreError: `store_conflict`
 * when its condition does not hold, else `store_unavailable` or `store_refused`. After `store_unavailable` a write may
 * have been done.
 */
export interface Blobs {
  /** `undefined`: there is none. `unchanged`: it is still the version with the tag `known`, and was not sent again. */
  read(name: string, known?: string): Promise<Blob | 'unchanged' | undefined>;
  /** Bytes from `start` to `end`, both included, or as many of them as there are. */
  readPart(name: string, start: number, end: number): Promise<Blob | undefined>;
  /** As `read`, without the content. */
  describe(name: string): Promise<BlobFacts | undefined>;
  /** Resolves with the tag of what was written. */
  write(name: string, body: Buffer, options?: WriteOptions): Promise<string>;
  /** Only this version where a tag is given. False when there was none. */
  delete(name: string, tag?: string): Promise<boolean>;
  /** All whose name begins so, in the order of their names; a page at a time. */
  list(prefix: string): AsyncIterable<BlobFacts>;
}
