/** Returns the fields of an untrusted value; an empty object if it is not an object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Returns the fields of an untrusted text; an empty object if it is not the JSON of an object. */
export function jsonFieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Returns an untrusted text; `undefined` for other types and for texts that are longer than `maxChars`. */
export function textOf(value: unknown, maxChars = Number.POSITIVE_INFINITY): string | undefined {
  return typeof value === 'string' && value.length <= maxChars ? value : undefined;
}
