import { randomBytes } from 'node:crypto';

/** Makes ids; a dependency, so that tests can foresee them. */
export interface Ids {
  /** For Realtime items and events: up to 29 characters, below the service's limit of 32, of `[a-z0-9_]`. */
  wire(prefix: 'msg' | 'evt' | 'turn'): string;
  /** 128 random bits, safe in a URL: whoever holds it may fetch what it names. */
  secret(): string;
  /** A short id that a user can read out and an operator can find in the log. */
  incident(): string;
}

/** Ids from the system's random numbers. */
export const randomIds: Ids = {
  wire: (prefix) => `${prefix}_${randomBytes(12).toString('hex')}`,
  secret: () => randomBytes(16).toString('base64url'),
  incident: () => randomBytes(4).toString('hex'),
};
