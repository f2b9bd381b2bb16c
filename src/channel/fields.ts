/** The fields of a value from the wire, which may be anything; none where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** A text from the wire, cut to its bound; `undefined` for anything else. */
export function textOf(value: unknown, mostChars: number): string | undefined {
  return typeof value === 'string' ? value.slice(0, mostChars) : undefined;
}
