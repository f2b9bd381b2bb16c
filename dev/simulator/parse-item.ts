import { parseCall, parseCallOutput } from './call-items.ts';
import { optionalString, requiredOneOf } from './checks.ts';
import { newId } from './events.ts';
import { checkId } from './item-ids.ts';
import type { Item } from './items.ts';
import { parseMessage } from './message-items.ts';

const PARSERS = {
  message: parseMessage,
  function_call: parseCall,
  function_call_output: parseCallOutput,
} as const;
const TYPES = ['message', 'function_call', 'function_call_output'] as const satisfies readonly Item['type'][];

/**
 * Reads an item of a client event by the rules of the service; throws a Rejection. `path`: its position in the event.
 */
export function parseItem(fields: Record<string, unknown>, path: string): Item {
  const type = requiredOneOf(fields, 'type', path, TYPES);
  const id = optionalString(fields, 'id', path);
  if (id !== undefined) checkId(id, path, 'id');
  return PARSERS[type](fields, id ?? newId('item'), path);
}
