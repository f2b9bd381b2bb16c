import { pathOf } from './checks.ts';
import { invalidValue, stringTooLong } from './wire-errors.ts';

/** The limit of the service for ids of items and calls. */
const MAX_ID_CHARS = 32;

/** Throws a Rejection for an id of a client, of an item or a call, that the service refuses. */
export function checkId(id: string, path: string, key: 'id' | 'call_id'): void {
  const param = pathOf(path, key);
  if (id.length > MAX_ID_CHARS) throw stringTooLong(param, MAX_ID_CHARS, id.length);
  if (id === '') throw invalidValue(param, `Invalid '${param}': empty string.`);
}
