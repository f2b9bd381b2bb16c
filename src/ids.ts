import { randomBytes } from 'node:crypto';

/** Makes ids; a dependency, so that tests can predict them. */
export interface Ids {
  /** For Realtime items and events: up to 29 characters, below the service's limit of 32, of `[a-z0-9_]`. */
  wire(prefix: 'msg' | 'evt' | 'turn'): string;
  /** 128 random bits, safe in a URL. The id alone gives access to what it names. */
  secret(): string;
  /** A short id that a user can read out and an operator can find in the log. */
  incident(): string;
  /** A short id that tells the instances on one database apart. */
  instance(): string;
}

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);

/** Fetched in bulk: a call to the system costs many times as much as the rest of an id. */
function random(byteCount: number): Buffer {
  if (pool.byteLength < byteCount) pool = randomBytes(POOL_BYTES);
  const bytes = pool.subarray(0, byteCount);
  pool = pool.subarray(byteCount);
  return bytes;
}

/** Ids from the system's random numbers. */
export const randomIds: Ids = {
  wire: (prefix) => `${prefix}_${random(12).toString('hex')}`,
  secret: () => random(16).toString('base64url'),
  incident: () => random(4).toString('hex'),
  instance: () => random(4).toString('hex'),
};
