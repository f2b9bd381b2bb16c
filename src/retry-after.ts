type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Returns the wait that an HTTP response asks for, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110,
 * 10.2.3), or `retry-after-ms` of Azure's gateways. `undefined` if there is none, or it is not valid.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const field = headers['retry-after'];
  // `||`: a `retry-after-ms` of 0 says nothing, so `Retry-After` counts.
  const waitMs = numberOf(headers['retry-after-ms'], 1) || numberOf(field, 1000);
  if (waitMs !== undefined || typeof field !== 'string' || !field.endsWith(' GMT')) return waitMs;
  const dateMs = Date.parse(field);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function numberOf(field: string | string[] | undefined, unitMs: number): number | undefined {
  if (typeof field !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(field)) return undefined;
  return Math.ceil(Number(field) * unitMs);
}
