import { isRecord } from './events.ts';
import { invalidType, missingParameter, Rejection, unknownParameter, unsupportedValue } from './wire-errors.ts';

// Reads fields of client events, and rejects them in the words of the service. Each function takes the record, the name
// of the field, and the path of the record ('' for the event itself).

type Fields = Record<string, unknown>;

export function pathOf(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Rejects the first field that is not in `known`. */
export function onlyKnown(fields: Fields, known: readonly string[], path: string): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key)) throw unknownParameter(pathOf(path, key));
  }
}

export function requiredRecord(fields: Fields, key: string, path: string): Fields {
  const record = optionalRecord(fields, key, path);
  if (record === undefined) throw missingParameter(pathOf(path, key));
  return record;
}

export function optionalRecord(fields: Fields, key: string, path: string): Fields | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw invalidType(pathOf(path, key), 'an object', value);
  return value;
}

export function requiredString(fields: Fields, key: string, path: string): string {
  const value = optionalString(fields, key, path);
  if (value === undefined) throw missingParameter(pathOf(path, key));
  return value;
}

export function optionalString(fields: Fields, key: string, path: string): string | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidType(pathOf(path, key), 'a string', value);
  return value;
}

export function requiredInteger(fields: Fields, key: string, path: string): number {
  const value = fields[key];
  if (value === undefined) throw missingParameter(pathOf(path, key));
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidType(pathOf(path, key), 'an integer', value);
  return value;
}

/** A required string from a closed list. */
export function requiredOneOf<T extends string>(fields: Fields, key: string, path: string, supported: readonly T[]): T {
  const value = requiredString(fields, key, path);
  const found = supported.find((candidate) => candidate === value);
  if (found === undefined) throw unsupportedValue(pathOf(path, key), value, supported);
  return found;
}

export function withinRange(value: number, param: string, { min, max }: { min: number; max: number }): number {
  const kind = Number.isInteger(value) && Number.isInteger(min) ? 'integer' : 'decimal';
  if (value < min) {
    const message = `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`;
    throw new Rejection(message, { code: `${kind}_below_min_value`, param });
  }
  if (value > max) {
    const message = `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`;
    throw new Rejection(message, { code: `${kind}_above_max_value`, param });
  }
  return value;
}
