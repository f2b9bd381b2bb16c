import { fieldsOf } from '../json-access.ts';

/** The JSON Schema of a tool's arguments, in the form that the Realtime API accepts. */
export interface ParameterSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

/** Keywords at the top level for which the service rejects the whole session. */
const REJECTED = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];
/** Keywords that say nothing about the arguments. */
const DROPPED = ['$schema', '$id', '$comment'];
/** The length as JSON. The model reads a schema in every response. */
export const MAX_SCHEMA_CHARS = 16_000;

/**
 * Returns the schema for the service, or why it cannot be used: the service rejects a whole session for one bad schema.
 */
export function parameterSchema(given: unknown): { readonly schema: ParameterSchema } | { readonly refusal: string } {
  const schema = fieldsOf(given);
  if (schema['type'] !== undefined && schema['type'] !== 'object') return { refusal: 'its schema is not of an object' };
  const rejected = REJECTED.find((name) => Object.hasOwn(schema, name));
  if (rejected !== undefined) return { refusal: `its schema has "${rejected}" at the top` };
  const kept = Object.entries(schema).filter(([name]) => !DROPPED.includes(name));
  const normal = { ...Object.fromEntries(kept), type: 'object' as const, properties: fieldsOf(schema['properties']) };
  const length = lengthOf(normal);
  if (length === undefined) return { refusal: 'its schema is nested too deeply' };
  if (length > MAX_SCHEMA_CHARS)
    return { refusal: `its schema has ${length} characters, more than ${MAX_SCHEMA_CHARS}` };
  return { schema: normal };
}

/** Returns the length as JSON; `undefined` if `JSON.stringify` exceeds the stack. */
function lengthOf(schema: ParameterSchema): number | undefined {
  try {
    return JSON.stringify(schema).length;
  } catch {
    return undefined;
  }
}
