import { randomBytes } from 'node:crypto';

/** One frame of the protocol, either way. */
export type WireEvent = Record<string, unknown>;

/** What a server event holds beside its `event_id`, which the sender adds. */
export type ServerEvent = WireEvent & { readonly type: string };

/** Sends one server event to the client; after the socket is closed it does nothing. */
export type Send = (event: ServerEvent) => void;

/** A new id in the service's manner: the prefix and 20 random characters, below the limit of 32. */
export function newId(prefix: 'sess' | 'conv' | 'item' | 'resp' | 'event'): string {
  return `${prefix}_${randomBytes(10).toString('hex')}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
