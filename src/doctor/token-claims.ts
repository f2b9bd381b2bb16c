import { jsonFieldsOf, textOf } from '../json-access.ts';

const MAX_CHARS = 100;

/** The application that an access token of Entra ID was issued to; `undefined` when it cannot be read. */
export function appIdOf(token: string): string | undefined {
  const { appid, azp } = payloadOf(token);
  // Tokens of version 2 name it `azp`.
  return textOf(appid, MAX_CHARS) ?? textOf(azp, MAX_CHARS);
}

/** Whose token it is and how long it is good for. Never the token itself. */
export function describeToken(token: string, nowMs: number): string {
  const { oid, tid, exp } = payloadOf(token);
  const ids = Object.entries({ application: appIdOf(token), object: oid, tenant: tid }).flatMap(([name, id]) => {
    const text = textOf(id, MAX_CHARS);
    return text === undefined ? [] : [`${name} ${text}`];
  });
  const end =
    typeof exp === 'number' ? `expires in ${Math.floor((exp * 1000 - nowMs) / 60_000)} minutes` : 'expiry unknown';
  return [...ids, end].join(', ');
}

/** The payload of a JWT, whose signature is not checked. */
function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return jsonFieldsOf(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
