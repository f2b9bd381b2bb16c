/**
 * A copy of JSON data without what PostgreSQL's `jsonb` refuses in texts: NUL is removed (22P05), and a lone surrogate
 * becomes U+FFFD (22P02).
 */
export function storable<T>(data: T): T {
  return JSON.parse(JSON.stringify(data, clean));
}

function clean(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\u0000', '').toWellFormed() : value;
}
