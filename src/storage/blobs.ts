/** What is told of a blob without its content. */
export interface BlobFacts {
  readonly name: string;
  /** Short ASCII values under lower-case names. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A blob with its content, or a part of it. */
export interface Blob extends BlobFacts {
  readonly body: Buffer;
}

export interface WriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType: string;
}

/**
 * One container of blobs. Each call is one round trip, is tried once, and rejects with a StoreError: `store_unavailable`,
 * `store_refused` or `store_rejected`. After `store_unavailable` a write may have been done.
 */
export interface Blobs {
  /** `undefined`: there is none. */
  read(name: string): Promise<Blob | undefined>;
  /** Bytes from `start` to `end`, both included, or as many of them as there are. */
  readPart(name: string, start: number, end: number): Promise<Blob | undefined>;
  /** Over what was there. */
  write(name: string, body: Buffer, options: WriteOptions): Promise<void>;
  /** False when there was none. */
  delete(name: string): Promise<boolean>;
  /** All whose name begins so, in the order of their names; a page at a time. */
  list(prefix: string): AsyncIterable<BlobFacts>;
}
