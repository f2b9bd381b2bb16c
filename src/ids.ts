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

export const randomIds: Ids = {
  wire: (prefix) => `${prefix}_${randomBytes(12).toString('hex')}`,
  secret: () => randomBytes(16).toString('base64url'),
  incident: () => randomBytes(4).toString('hex'),
  instance: () => randomBytes(4).toString('hex'),
};
