import { onlyKnown, requiredString } from './checks.ts';
import { newId } from './events.ts';
import { checkId } from './item-ids.ts';
import type { CallItem, CallOutputItem } from './items.ts';
import { functionNameIn } from './tools.ts';

type Fields = Record<string, unknown>;

const KNOWN = ['id', 'object', 'type', 'status', 'call_id'];

/** Reads a `function_call` of a client, which replays it into a session; it triggers nothing. */
export function parseCall(fields: Fields, id: string, path: string): CallItem {
  onlyKnown(fields, [...KNOWN, 'name', 'arguments'], path);
  return {
    id,
    type: 'function_call',
    status: 'completed',
    callId: fields['call_id'] === undefined ? newId('call') : callIdIn(fields, path),
    name: functionNameIn(fields, path),
    arguments: requiredString(fields, 'arguments', path),
  };
}

/** Reads a `function_call_output`. Whether its call exists is not checked here. */
export function parseCallOutput(fields: Fields, id: string, path: string): CallOutputItem {
  onlyKnown(fields, [...KNOWN, 'output'], path);
  const callId = callIdIn(fields, path);
  return {
    id,
    type: 'function_call_output',
    status: 'completed',
    callId,
    output: requiredString(fields, 'output', path),
  };
}

function callIdIn(fields: Fields, path: string): string {
  const callId = requiredString(fields, 'call_id', path);
  checkId(callId, path, 'call_id');
  return callId;
}
