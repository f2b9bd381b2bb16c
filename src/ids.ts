import { randomBytes } from 'node:crypto';

/** Creates ids. It is a dependency, so that tests can predict them. */
export interface Ids {
  /** Returns an id for Realtime items and events: up to 29 characters of `[a-z0-9_]`; the service's limit is 32. */
  wire(prefix: 'msg' | 'evt' | 'turn' | 'call'): string;
  /** Returns 128 random bits, safe in a URL. Whoever knows the id has access. */
  secret(): string;
  /** Returns a short id that a user can read out and an operator can find in the log. */
  incident(): string;
  /** A short id that tells the instances on one database apart. */
  instance(): string;
}

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);

/** Fetches random bytes in bulk: a call to the system takes much longer than the rest of an id. */
function random(byteCount: number): Buffer {
  if (pool.byteLength < byteCount) pool = randomBytes(POOL_BYTES);
  const bytes = pool.subarray(0, byteCount);
  pool = pool.subarray(byteCount);
  return bytes;
}

export const randomIds: Ids = {
  wire: (prefix) => `${prefix}_${random(12).toString('hex')}`,
  secret: () => random(16).toString('base64url'),
  incident: () => random(4).toString('hex'),
  instance: () => random(4).toString('hex'),
};
