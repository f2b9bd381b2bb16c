import { fieldsOf } from '../json-access.ts';

/** JSON Schema of a tool's arguments, in the form that the Realtime API takes. */
export interface ParameterSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

/** Names that the service refuses at the top, with the whole session. */
const REFUSED = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];
/** Names that say nothing about the arguments. */
const DROPPED = ['$schema', '$id', '$comment'];
/** As JSON. A schema counts in every response. */
export const MAX_SCHEMA_CHARS = 16_000;

/** The schema as the service takes it, or the reason why it cannot: one bad schema refuses the whole session. */
export function parameterSchema(given: unknown): { readonly schema: ParameterSchema } | { readonly refusal: string } {
  const schema = fieldsOf(given);
  if (schema['type'] !== undefined && schema['type'] !== 'object') return { refusal: 'its schema is not of an object' };
  const refused = REFUSED.find((name) => Object.hasOwn(schema, name));
  if (refused !== undefined) return { refusal: `its schema has "${refused}" at the top` };
  const kept = Object.entries(schema).filter(([name]) => !DROPPED.includes(name));
  const normal = { ...Object.fromEntries(kept), type: 'object' as const, properties: fieldsOf(schema['properties']) };
  const { length } = JSON.stringify(normal);
  if (length > MAX_SCHEMA_CHARS)
    return { refusal: `its schema has ${length} characters, more than ${MAX_SCHEMA_CHARS}` };
  return { schema: normal };
}
