import { type ConversationRecord, EMPTY_RECORD, RECORD_VERSION } from './records.ts';

/**
 * Reads a record from JSON that the bot has written, in any version: what is missing or of another kind is as in an empty
 * record, and unknown fields are kept, so that a newer version finds them again.
 */
export function readRecord(json: unknown): ConversationRecord {
  const record = filled(EMPTY_RECORD, json) as ConversationRecord;
  return { ...record, version: Math.max(RECORD_VERSION, record.version) };
}

function filled(empty: unknown, found: unknown): unknown {
  if (empty === undefined) return found;
  if (kindOf(found) !== kindOf(empty)) return empty;
  if (kindOf(empty) !== 'object') return found;
  const fields = found as Readonly<Record<string, unknown>>;
  const known = Object.entries(empty as object).map(([name, value]) => [name, filled(value, fields[name])]);
  return { ...fields, ...Object.fromEntries(known) };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}
