import { type EnvReader, isLoopbackHost } from './env.ts';

/** How the bot proves who it is. */
export type DatabaseSignIn =
  | { readonly kind: 'password'; readonly password: string }
  /** A token for this scope serves as the password. */
  | { readonly kind: 'azureEntraId'; readonly scope: string }
  /** As the server allows it, or as PGPASSWORD and `.pgpass` say. */
  | { readonly kind: 'none' };

/** A PostgreSQL database. */
export interface DatabaseSettings {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly signIn: DatabaseSignIn;
  /** `verified`: the certificate and the host's name in it. */
  readonly tls: 'none' | 'unverified' | 'verified';
  /** The schema of the bot's tables. Two bots in one database have one each. */
  readonly schema: string;
  /** Connections of this instance, at most. */
  readonly poolSize: number;
  /** Whether this instance takes turns from the queue. One that does not accepts messages and serves audio. */
  readonly isDispatching: boolean;
}

const EXAMPLE = 'postgres://user:password@host:5432/database';
/** The hosts of Azure's servers, and the scopes of their tokens, in its clouds. */
const AZURE_HOSTS: readonly (readonly [RegExp, string])[] = [
  [/\.postgres\.database\.azure\.com$/i, 'https://ossrdbms-aad.database.windows.net/.default'],
  [/\.postgres\.database\.usgovcloudapi\.net$/i, 'https://ossrdbms-aad.database.usgovcloudapi.net/.default'],
  [/\.postgres\.database\.chinacloudapi\.cn$/i, 'https://ossrdbms-aad.database.chinacloudapi.cn/.default'],
];
const PGBOUNCER_PORT = 6432;
/** Parameters that other programs put there. They change nothing that the bot does. */
const IGNORED_PARAMETERS = ['application_name', 'channel_binding', 'connect_timeout', 'target_session_attrs'];
/** Of a name that PostgreSQL takes without quotes: 63 bytes, less what the names of the queue's own schema and locks add. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,43}$/;
const MIN_POOL_SIZE = 3;

/** Reads them; `undefined`: everything is kept in memory. What is wrong goes to the reader's problems, without secrets. */
export function readDatabase(read: EnvReader): DatabaseSettings | undefined {
  const text = read.text('DATABASE_URL');
  const schema = read.text('DATABASE_SCHEMA') ?? 'voice_bot';
  const poolSize = read.whole('DATABASE_POOL_SIZE', 5, { least: MIN_POOL_SIZE, most: 100 });
  const isDispatching = read.flag('DISPATCH', true);
  if (!SCHEMA_NAME.test(schema))
    read.problems.push(
      `DATABASE_SCHEMA is "${schema}"; expected a name of at most 44 small letters, digits and underscores, that does not begin with a digit or "pg_"`,
    );
  if (text === undefined) {
    if (!isDispatching)
      read.problems.push(
        'DISPATCH is false and DATABASE_URL is not set; expected a database from which others take turns',
      );
    return undefined;
  }
  const address = readAddress(text);
  if (typeof address !== 'string') {
    if (address.tls !== 'verified' && !isLocal(address.host))
      read.notices.push(
        `DATABASE_URL asks for a connection that is not ${address.tls === 'none' ? 'encrypted' : 'verified'}: who is on the way to "${address.host}" can read and change everything`,
      );
    return { ...address, schema, poolSize, isDispatching };
  }
  read.problems.push(`DATABASE_URL ${address}`);
  return undefined;
}

type Address = Pick<DatabaseSettings, 'host' | 'port' | 'database' | 'user' | 'signIn' | 'tls'>;

/** The database of an address, or what is wrong with it. */
function readAddress(text: string): Address | string {
  // A URL has no user without a host, but libpq's has: for a Unix socket.
  const isHostless = /^[a-z]+:\/\/[^/?#]*@\//i.test(text);
  const whole = isHostless ? text.replace('@/', '@none/') : text;
  if (!/^postgres(ql)?:\/\//i.test(text) || !URL.canParse(whole))
    return `is no address of a PostgreSQL server; expected ${EXAMPLE} ("@", ":", "/" and "%" in user and password percent-encoded)`;
  const url = new URL(whole);
  const parts = [isHostless ? '' : url.hostname, url.username, url.password, url.pathname.slice(1)].map(decoded);
  const [named, user, password, database] = parts;
  if (named === undefined || user === undefined || password === undefined || database === undefined)
    return `holds a "%" that encodes nothing; expected "%25" for a "%"`;
  const folder = url.searchParams.get('host') ?? undefined;
  const host = folder ?? named.replace(/^\[|\]$/g, '');
  if (folder !== undefined && (!folder.startsWith('/') || named !== ''))
    return 'names a host as a parameter; expected it before the database, or the folder of a Unix socket alone';
  if (host === '' || host.includes(',')) return `names ${host === '' ? 'no host' : 'several hosts'}; expected one`;
  if (user === '') return `names no user; expected ${EXAMPLE}`;
  if (database === '' || database.includes('/')) return `names no database; expected ${EXAMPLE}`;
  const tls = readTls(url.searchParams, isLocal(host));
  if (typeof tls !== 'object') return tls;
  const scope = AZURE_HOSTS.find(([hosts]) => hosts.test(host))?.[1];
  const port = url.port === '' ? 5432 : Number(url.port);
  if (scope !== undefined && port === PGBOUNCER_PORT)
    return `names port ${PGBOUNCER_PORT}, where PgBouncer drops notifications; expected 5432`;
  if (scope !== undefined && tls.tls !== 'verified')
    return 'asks Azure for a connection that is not encrypted or not verified; expected sslmode=verify-full';
  return { host, port, database, user, signIn: signInOf(password, scope), tls: tls.tls };
}

/** Whether the server is on this machine. */
function isLocal(host: string): boolean {
  return host.startsWith('/') || isLoopbackHost(host);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function signInOf(password: string, scope: string | undefined): DatabaseSignIn {
  if (password !== '') return { kind: 'password', password };
  return scope === undefined ? { kind: 'none' } : { kind: 'azureEntraId', scope };
}

/**
 * What the parameters say of TLS, or what is wrong with them. Where they say nothing, a server on another machine is
 * verified; what they ask for is the operator's decision.
 */
function readTls(parameters: URLSearchParams, isOnThisMachine: boolean): Pick<DatabaseSettings, 'tls'> | string {
  const unknown = [...parameters.keys()].find(
    (name) => !['host', 'sslmode', 'ssl', 'uselibpqcompat', ...IGNORED_PARAMETERS].includes(name),
  );
  if (unknown === 'sslrootcert')
    return 'names a file with certificates (sslrootcert); expected it in NODE_EXTRA_CA_CERTS, which Node reads';
  if (unknown !== undefined) return 'has a parameter that the bot does not know; expected sslmode or none';
  const mode = parameters.get('sslmode') ?? { true: 'verify-full', false: 'disable' }[parameters.get('ssl') ?? ''];
  switch (mode) {
    case undefined:
    case 'allow':
    case 'prefer':
      return { tls: isOnThisMachine ? 'none' : 'verified' };
    case 'disable':
      return { tls: 'none' };
    case 'no-verify':
      return { tls: 'unverified' };
    case 'require':
    case 'verify-ca':
      return { tls: parameters.get('uselibpqcompat') === 'true' ? 'unverified' : 'verified' };
    case 'verify-full':
      return { tls: 'verified' };
    default:
      return 'has an sslmode that PostgreSQL does not know; expected sslmode=verify-full';
  }
}
