/**
 * Writes JSON that PostgreSQL's `jsonb` accepts. In texts and names of properties, NUL is removed (otherwise 22P05) and
 * a lone surrogate becomes U+FFFD (otherwise 22P02). https://www.postgresql.org/docs/current/datatype-json.html
 */
export function storableJson(data: unknown): string {
  // `.` also matches the second backslash of an escaped one, so that the text `\\u0000` is left alone.
  return JSON.stringify(data).replace(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/gs, (escaped, code: string) => {
    if (code === 'u0000') return '';
    return code.length > 1 ? '\ufffd' : escaped;
  });
}

/** A copy of the data with the changes of `storableJson`. */
export function storable<T>(data: T): T {
  return JSON.parse(storableJson(data));
}
