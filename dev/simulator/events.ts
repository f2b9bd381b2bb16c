import { randomBytes } from 'node:crypto';

/** One frame of the protocol, either way. */
export type WireEvent = Record<string, unknown>;

/** A server event without its `event_id`, which the sender adds. */
export type ServerEvent = WireEvent & { readonly type: string };

/** Sends one server event to the client. Does nothing once the socket is closed. */
export type Send = (event: ServerEvent) => void;

/** A new id like those of the service: the prefix and 20 random characters, below the limit of 32. */
export function newId(prefix: 'sess' | 'conv' | 'item' | 'call' | 'resp' | 'event'): string {
  return `${prefix}_${randomBytes(10).toString('hex')}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
