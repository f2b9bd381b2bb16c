import type { DatabaseSettings } from '../config/database-settings.ts';
import { StoreError, type StoreErrorCode, systemCode } from '../errors.ts';
import { fieldsOf } from '../json-access.ts';

/** A table, schema or column is missing: the bot has not created it yet, or somebody has dropped it. */
const MISSING = /^(42P01|3F000|42703)$/;
/**
 * The meanings of SQLSTATE codes and classes; the first match counts. All other codes mean a fault of the statement.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const MEANINGS: readonly (readonly [RegExp, StoreErrorCode])[] = [
  // Wrong password, no entry in pg_hba.conf, no database, no rights, read-only server.
  [/^(28...|3D000|42501|25006)$/, 'store_access_denied'],
  // Connection trouble, resources, operator's intervention (restart, cancelled statement), system errors.
  [/^(08|53|57|58)...$/, 'store_unavailable'],
  [MISSING, 'store_unavailable'],
  // Serialization failure, deadlock, lock not available; a prepared statement that a migration or a pooler has made
  // useless.
  [/^(40001|40P01|55P03|0A000|26000|42P05)$/, 'store_unavailable'],
];
/** pg-boss throws this before it has started. */
const NOT_OPEN = 'ERR_ASSERTION';
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** The codes of Node's TLS for a server whose certificate is not valid. */
const CERTIFICATE_CODE = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
/** The message of an error of `pg` that has no code. */
const WITHOUT_TLS = 'The server does not support SSL connections';

/**
 * Converts the failure of an `action`. Keeps only the code of the library's error: its message may quote user input.
 */
export function storeFailure(action: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const reason = reasonOf(error);
  return new StoreError(meaningOf(error, reason), `${action} failed${reasonText(reason)}`, { reason });
}

function reasonText(reason: string | undefined): string {
  if (reason === undefined) return '';
  if (reason === NOT_OPEN) return ': the queue is not open yet';
  return MISSING.test(reason) ? `: ${reason}, tables are missing, which the bot creates when it starts` : `: ${reason}`;
}

/** Returns the code of PostgreSQL or of the system; `undefined` if the error has none. */
export function reasonOf(error: unknown): string | undefined {
  const { code, message } = fieldsOf(error);
  if (typeof code === 'string' && SQL_STATE.test(code)) return code;
  return message === WITHOUT_TLS ? 'no TLS' : systemCode(error);
}

function meaningOf(error: unknown, reason: string | undefined): StoreErrorCode {
  if (reason === undefined) return isStatementError(error) ? 'store_call_invalid' : 'store_unavailable';
  if (reason === 'no TLS' || CERTIFICATE_CODE.test(reason)) return 'store_access_denied';
  if (!SQL_STATE.test(reason)) return 'store_unavailable';
  return MEANINGS.find(([codes]) => codes.test(reason))?.[1] ?? 'store_call_invalid';
}

/** Tells programming errors by their type: broken connections, timeouts and an unopened queue have no code either. */
function isStatementError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}

/** What an operator can do about a database that does not work. */
export function fixFor(
  { code, reason }: StoreError,
  { host, database, user, schema, signIn }: DatabaseSettings,
): string {
  if (reason === 'no TLS' || CERTIFICATE_CODE.test(reason ?? ''))
    return `set up TLS on ${host} with a certificate for its name; NODE_EXTRA_CA_CERTS names the certificates of your own CA`;
  switch (reason) {
    case '3D000':
      return `create the database "${database}", or correct its name in DATABASE_URL`;
    case '42501':
      return `give "${user}" the right to create schemas in "${database}" (GRANT CREATE ON DATABASE), or the schemas "${schema}" and "${schema}_queue" to own`;
    case '25006':
      return 'the server takes no writes: its disk may be full, or it is a replica';
    case '53300':
      return 'the server has no connection left: lower DATABASE_POOL_SIZE or the number of instances, or raise max_connections';
    case 'ENOTFOUND':
      return `check that "${host}" in DATABASE_URL is the name of the server`;
  }
  if (code === 'store_access_denied')
    return signIn.kind === 'azureEntraId'
      ? `check that the bot's identity is an Entra ID role named "${user}" on the server, and that the server allows connections from its network`
      : `check that user and password in DATABASE_URL are right, and that the server allows connections of "${user}" from here`;
  if (code === 'store_call_invalid')
    return `check that nobody has changed the tables in "${schema}" and "${schema}_queue"; an empty schema is set up anew`;
  return 'check that the server runs, that the address in DATABASE_URL is right, and that the bot can reach it';
}
