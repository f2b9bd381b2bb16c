/** `retry-after-ms` is what Azure's gateways add to the standard's field. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * How long the other side wants us to wait, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3),
 * or `retry-after-ms`. `undefined` where it says nothing that can be read.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  return numberOf(headers['retry-after-ms'], 1) || retryAfterFieldMs(headers['retry-after'], nowMs);
}

function retryAfterFieldMs(field: string | string[] | undefined, nowMs: number): number | undefined {
  const inSeconds = numberOf(field, 1000);
  if (inSeconds !== undefined || typeof field !== 'string' || !/ GMT$/.test(field)) return inSeconds;
  const dateMs = Date.parse(field);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function numberOf(field: string | string[] | undefined, unitMs: number): number | undefined {
  if (typeof field !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(field)) return undefined;
  return Math.ceil(Number(field) * unitMs);
}
