import { type EnvReader, isLoopbackHost } from './env.ts';

/** How the bot signs in. */
type DatabaseSignIn =
  | { readonly kind: 'password'; readonly password: string }
  /** A token for this scope serves as the password. */
  | { readonly kind: 'azureEntraId'; readonly scope: string }
  /** The server, PGPASSWORD or `.pgpass` lets the bot in. */
  | { readonly kind: 'none' };

export interface DatabaseSettings {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly signIn: DatabaseSignIn;
  /** `verified` checks the certificate and the host's name in it. */
  readonly tls: 'none' | 'unverified' | 'verified';
  /** The schema of the bot's tables. Two bots in one database need different schemas. */
  readonly schema: string;
  /** The most connections of this instance. */
  readonly poolSize: number;
  /**
   * False: takes no turns from the queue. The instance still accepts messages, answers commands and messages that
   * expect their reply in the HTTP response, and serves audio.
   */
  readonly isDispatching: boolean;
}

const EXAMPLE = 'postgres://user:password@host:5432/database';
/** The hosts of Azure's servers and the scopes of their tokens, one line a cloud. */
const AZURE_HOSTS: readonly (readonly [RegExp, string])[] = [
  [/\.postgres\.database\.azure\.com$/i, 'https://ossrdbms-aad.database.windows.net/.default'],
  [/\.postgres\.database\.usgovcloudapi\.net$/i, 'https://ossrdbms-aad.database.usgovcloudapi.net/.default'],
  [/\.postgres\.database\.chinacloudapi\.cn$/i, 'https://ossrdbms-aad.database.chinacloudapi.cn/.default'],
];
const PGBOUNCER_PORT = 6432;
const KNOWN_PARAMETERS = [
  'host',
  'sslmode',
  'ssl',
  'uselibpqcompat',
  // These parameters are meant for other programs and have no effect on the bot.
  'application_name',
  'channel_binding',
  'connect_timeout',
  'target_session_attrs',
];
/** Names without quotes may have 63 bytes in PostgreSQL; the names of the queue's schema and locks add the rest. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,43}$/;
const MIN_POOL_SIZE = 3;

/** Returns `undefined` if everything is kept in memory. A problem never quotes a secret. */
export function readDatabase(reader: EnvReader): DatabaseSettings | undefined {
  const text = reader.text('DATABASE_URL');
  const schema = reader.text('DATABASE_SCHEMA') ?? 'voice_bot';
  const poolSize = reader.whole('DATABASE_POOL_SIZE', 5, { min: MIN_POOL_SIZE, max: 100 });
  const isDispatching = reader.flag('DISPATCH', true);
  if (!SCHEMA_NAME.test(schema))
    reader.problems.push(
      `DATABASE_SCHEMA is "${schema}"; expected at most 44 lower-case letters, digits and underscores, not beginning with a digit or "pg_"`,
    );
  if (text === undefined) {
    if (!isDispatching)
      reader.problems.push(
        'DISPATCH is false and DATABASE_URL is not set; expected a database, from which other instances take turns',
      );
    return undefined;
  }
  const address = readAddress(text);
  if (typeof address === 'string') {
    reader.problems.push(`DATABASE_URL ${address}`);
    return undefined;
  }
  if (address.tls !== 'verified' && !isLocal(address.host))
    reader.notices.push(
      `DATABASE_URL asks for a connection that is not ${address.tls === 'none' ? 'encrypted' : 'verified'}: anyone between the bot and "${address.host}" can read and change everything`,
    );
  return { ...address, schema, poolSize, isDispatching };
}

type Address = Pick<DatabaseSettings, 'host' | 'port' | 'database' | 'user' | 'signIn' | 'tls'>;

/** Returns the parts of the address, or what is wrong with it. */
function readAddress(text: string): Address | string {
  // libpq accepts a user without a host, for a Unix socket; a URL does not.
  const isHostless = /^[a-z]+:\/\/[^/?#]*@\//i.test(text);
  const withHost = isHostless ? text.replace('@/', '@none/') : text;
  if (!/^postgres(ql)?:\/\//i.test(text) || !URL.canParse(withHost))
    return `is not the address of a PostgreSQL server; expected ${EXAMPLE} ("@", ":", "/" and "%" in user and password percent-encoded)`;
  const url = new URL(withHost);
  const parts = decoded([isHostless ? '' : url.hostname, url.username, url.password, url.pathname.slice(1)]);
  if (parts === undefined) return `contains a "%" that encodes nothing; expected "%25" for a literal "%"`;
  const [authority = '', user = '', password = '', database = ''] = parts;
  const folder = url.searchParams.get('host') ?? undefined;
  const host = folder ?? authority.replace(/^\[|\]$/g, '');
  if (folder !== undefined && (!folder.startsWith('/') || authority !== ''))
    return 'gives the host as a parameter; expected it before the database name, or the folder of a Unix socket';
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
    return 'does not verify the connection to Azure; expected sslmode=verify-full';
  return { host, port, database, user, signIn: signInOf(password, scope), tls: tls.tls };
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || isLoopbackHost(host);
}

function decoded(parts: readonly string[]): readonly string[] | undefined {
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

function signInOf(password: string, scope: string | undefined): DatabaseSignIn {
  if (password !== '') return { kind: 'password', password };
  return scope === undefined ? { kind: 'none' } : { kind: 'azureEntraId', scope };
}

/** As in `pg`, not libpq: `require` verifies, unless uselibpqcompat=true. */
const TLS_MODES: Readonly<Record<string, DatabaseSettings['tls']>> = {
  disable: 'none',
  'no-verify': 'unverified',
  require: 'verified',
  'verify-ca': 'verified',
  'verify-full': 'verified',
};

/** Returns the TLS mode of the parameters, or what is wrong with them. By default, other machines are verified. */
function readTls(parameters: URLSearchParams, isOnThisMachine: boolean): Pick<DatabaseSettings, 'tls'> | string {
  const unknown = [...parameters.keys()].find((name) => !KNOWN_PARAMETERS.includes(name));
  if (unknown === 'sslrootcert')
    return 'has sslrootcert, which is not supported; expected the file in NODE_EXTRA_CA_CERTS, which Node reads';
  if (unknown !== undefined) return 'has an unknown parameter; expected sslmode or none';
  const ssl = { true: 'verify-full', false: 'disable' }[parameters.get('ssl') ?? ''];
  const mode = parameters.get('sslmode') ?? ssl ?? 'prefer';
  if (mode === 'allow' || mode === 'prefer') return { tls: isOnThisMachine ? 'none' : 'verified' };
  if (parameters.get('uselibpqcompat') === 'true' && (mode === 'require' || mode === 'verify-ca'))
    return { tls: 'unverified' };
  const tls = Object.hasOwn(TLS_MODES, mode) ? TLS_MODES[mode] : undefined;
  return tls === undefined ? 'has an unknown sslmode; expected sslmode=verify-full' : { tls };
}
