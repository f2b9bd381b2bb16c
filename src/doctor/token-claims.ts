import { fieldsOf, textOf } from '../json-access.ts';
import type { Figures } from './check.ts';

/** What an access token of Entra ID says of itself; `undefined` where it does not. */
export interface TokenClaims {
  readonly expiresAtMs: number | undefined;
  /** The application that asked for it. */
  readonly appId: string | undefined;
  /** The user, or the application's own identity. */
  readonly objectId: string | undefined;
  readonly tenantId: string | undefined;
}

const MAX_CHARS = 100;

/** Reads the payload of a JWT, without a look at its signature; of anything else nothing is known. */
export function tokenClaims(token: string): TokenClaims {
  const payload = payloadOf(token);
  const { exp } = payload;
  const text = (name: string) => textOf(payload[name], MAX_CHARS);
  return {
    expiresAtMs: typeof exp === 'number' ? exp * 1000 : undefined,
    // Tokens of version 2 name it `azp`.
    appId: text('appid') ?? text('azp'),
    objectId: text('oid'),
    tenantId: text('tid'),
  };
}

/** What is told of a token: never the token. */
export function describeToken({ expiresAtMs, appId, objectId, tenantId }: TokenClaims, nowMs: number): string {
  const minutes = expiresAtMs === undefined ? undefined : minutesUntil(expiresAtMs, nowMs);
  const parts = [
    appId === undefined ? undefined : `application ${appId}`,
    objectId === undefined ? undefined : `object ${objectId}`,
    tenantId === undefined ? undefined : `tenant ${tenantId}`,
    minutes === undefined ? 'its end is not told' : `good for ${minutes} more minutes`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** The same for machines. */
export function tokenFigures({ expiresAtMs, appId, objectId, tenantId }: TokenClaims, nowMs: number): Figures {
  return {
    ...(appId === undefined ? {} : { appId }),
    ...(objectId === undefined ? {} : { objectId }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(expiresAtMs === undefined ? {} : { expiresInMinutes: minutesUntil(expiresAtMs, nowMs) }),
  };
}

function minutesUntil(thenMs: number, nowMs: number): number {
  return Math.floor((thenMs - nowMs) / 60_000);
}

function payloadOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.');
  try {
    return fieldsOf(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  } catch {
    return {};
  }
}
