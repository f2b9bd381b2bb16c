/**
 * Data as JSON that PostgreSQL's `jsonb` takes, in texts and in the names of properties: NUL is removed (else 22P05), and
 * a lone surrogate becomes U+FFFD (else 22P02). https://www.postgresql.org/docs/current/datatype-json.html
 */
export function storableJson(data: unknown): string {
  // Of all characters that JSON writes as an escape, the backslash is one: it is skipped together with the next.
  return JSON.stringify(data).replace(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/gs, (escaped, code: string) => {
    if (code === 'u0000') return '';
    return code.length > 1 ? '\ufffd' : escaped;
  });
}

/** A copy of data as it is read again from `storableJson`. */
export function storable<T>(data: T): T {
  return JSON.parse(storableJson(data));
}
