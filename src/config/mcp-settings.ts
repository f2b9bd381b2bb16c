import { createHash } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import { fieldsOf } from '../json-access.ts';
import { type EnvReader, isLoopbackHost } from './env.ts';
import { readMcpEntries } from './mcp-file.ts';
import { hasSecretArgument, hasSecretInUrl, isSecret } from './mcp-secrets.ts';
import { resolveVariables } from './mcp-variables.ts';
import { isAlike } from './unknown-settings.ts';

/** The places where a tool may be used. */
export const SCOPES = ['personal', 'group', 'channel'] as const;
export type Scope = (typeof SCOPES)[number];

/** The way to connect to a server. */
export type McpTransport =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** The program gets these variables, besides those that every program needs (`PATH`, `HOME`), and no others. */
      readonly env: Readonly<Record<string, string>>;
      /** Default: the folder of the file, so that relative paths are relative to it. */
      readonly cwd: string;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Each request carries a fresh token for this scope. It is sent only to the host of `url`. */
      readonly entraScope: string | undefined;
    };

/** One server in the file of `MCP_CONFIG`. */
export interface McpServerSettings {
  readonly name: string;
  /** Identifies the server for permissions and the audit: its host or program, and a hash. Without secrets. */
  readonly origin: string;
  readonly transport: McpTransport;
  /** `always` asks users before each call, except for the tools in `allow`. */
  readonly approval: 'always' | 'never';
  /** The tools that run without asking, by the server's own names. */
  readonly allow: readonly string[];
  /** The tools that change nothing, by the server's own names. They may run in parallel, and again after a failure. */
  readonly readOnly: readonly string[];
  /** The users who may use it. Empty: everybody. */
  readonly users: readonly string[];
  readonly scopes: readonly Scope[];
  readonly timeoutMs: number;
  /** Whether calls tell the server which user asked. */
  readonly passUser: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const OWN_KEYS = ['allow', 'approval', 'readOnly', 'users', 'scopes', 'timeoutSeconds', 'auth', 'passUser'];
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_TIMEOUT_SECONDS = 300;
/** Keys of the common format that resemble the bot's own. */
const FOREIGN_KEYS = ['oauth', 'args', 'url'];
/** The Realtime API allows 64 characters for the names of server and tool together. */
const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/;

/** Reads the file of `MCP_CONFIG`. Its problems never quote a value of the file. */
export function readMcpServers(reader: EnvReader): readonly McpServerSettings[] {
  const path = reader.text('MCP_CONFIG');
  if (path === undefined) return [];
  const entries = readMcpEntries(path);
  if (typeof entries === 'string') {
    reader.problems.push(`MCP_CONFIG names ${path}, which ${entries}`);
    return [];
  }
  reader.problems.push(...equalNames(Object.keys(entries)).map((problem) => `MCP_CONFIG (${path}): ${problem}`));
  return Object.entries(entries).flatMap(([name, entry]) => {
    const place = `MCP_CONFIG (${path}, server ${JSON.stringify(name)})`;
    return new EntryReader(fieldsOf(entry), { place, folder: dirname(path), reader }).server(name);
  });
}

/** Returns the text with only the characters that the Realtime API accepts in names of tools. */
export function toToolName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}

/** The model could not tell the tools of such servers apart. */
function equalNames(names: readonly string[]): string[] {
  const groups = Map.groupBy(names, toToolName);
  return [...groups.values()]
    .filter((equal) => equal.length > 1)
    .map((equal) => {
      const list = equal.map((name) => JSON.stringify(name)).join(' and ');
      return `the servers ${list} have the same name in the names of tools, where "." becomes "_"; rename one of them`;
    });
}

/**
 * Identifies a server by its command or URL. Hashes them before `${NAME}` is replaced: a new key keeps the permissions
 * that users gave, and no secret gets into the database.
 */
function originOf(transport: McpTransport, { url, command, args }: Fields): string {
  const name = transport.kind === 'http' ? new URL(transport.url).host : basename(transport.command);
  const written = JSON.stringify([url, command, args]);
  return `${name} ${createHash('sha256').update(written).digest('hex').slice(0, 16)}`;
}

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isApproval = (value: unknown): value is 'always' | 'never' => value === 'always' || value === 'never';
const isTimeout = (value: unknown): value is number =>
  typeof value === 'number' && value >= 1 && value <= MAX_TIMEOUT_SECONDS;
const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
const areScopes = (value: unknown): value is readonly Scope[] =>
  Array.isArray(value) && value.every((each) => SCOPES.includes(each));

/** Whether `fetch` accepts the headers. A value must not contain a line break, for example. */
function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    return new Headers(headers) !== undefined;
  } catch {
    return false;
  }
}

interface EntryContext {
  /** Where the entry is, in words. All its problems and notices begin with it. */
  readonly place: string;
  /** The folder of the file. */
  readonly folder: string;
  /** Collects the problems and notices. */
  readonly reader: EnvReader;
}

/** Reads one entry. Each problem names the entry's place in the file. */
class EntryReader {
  readonly #fields: Fields;
  readonly #context: EntryContext;

  constructor(fields: Fields, context: EntryContext) {
    this.#fields = fields;
    this.#context = context;
  }

  /** Returns the server; none if it is disabled or its transport cannot be used. */
  server(name: string): McpServerSettings[] {
    if (!SERVER_NAME.test(name)) {
      this.#problem('its name cannot be part of a tool name; expected up to 32 letters, digits, ".", "_" and "-"');
      return [];
    }
    if (this.#fields['disabled'] === true) return [];
    this.#noticeMisspelt();
    const transport = this.#transport();
    if (transport === undefined) return [];
    const limit = `is not from 1 to ${MAX_TIMEOUT_SECONDS}`;
    return [
      {
        name,
        origin: originOf(transport, this.#fields),
        transport,
        approval: this.#field('approval', 'always', isApproval, 'is neither "always" nor "never"'),
        allow: this.#texts('allow'),
        readOnly: this.#texts('readOnly'),
        users: this.#texts('users'),
        scopes: this.#field('scopes', [], areScopes, `takes ${SCOPES.join(', ')}`),
        timeoutMs: 1000 * this.#field('timeoutSeconds', DEFAULT_TIMEOUT_SECONDS, isTimeout, limit),
        passUser: this.#field('passUser', false, isFlag, 'is neither true nor false'),
      },
    ];
  }

  #transport(): McpTransport | undefined {
    const { type, command, url } = this.#fields;
    if (type === 'sse')
      this.#problem('its type "sse" is no longer supported in MCP; expected the address of a streamable HTTP server');
    else if (typeof command === 'string' && url === undefined) return this.#stdio(command);
    else if (typeof url === 'string' && command === undefined) return this.#http(url);
    else this.#problem('it has no "command" and no "url", or both; expected one of them');
    return undefined;
  }

  #stdio(command: string): McpTransport {
    const { cwd, envFile } = this.#fields;
    if (envFile !== undefined) this.#notice('"envFile" is not read; name the variables under "env"');
    const args = this.#texts('args');
    if (hasSecretArgument(args)) this.#noticeSecret('args');
    return {
      kind: 'stdio',
      command: this.#resolved(command, 'command'),
      args: args.map((arg) => this.#resolved(arg, 'args')),
      env: this.#table('env'),
      cwd: resolve(this.#context.folder, typeof cwd === 'string' ? this.#resolved(cwd, 'cwd') : ''),
    };
  }

  #http(written: string): McpTransport | undefined {
    if (hasSecretInUrl(written)) this.#noticeSecret('url');
    const url = this.#resolved(written, 'url');
    const address = URL.parse(url);
    const isLocal = address?.protocol === 'http:' && isLoopbackHost(address.hostname);
    if (address?.protocol !== 'https:' && !isLocal) {
      this.#problem('its "url" is not an https address (http:// only for a loopback host)');
      return undefined;
    }
    if (address?.username !== '' || address.password !== '')
      this.#problem('its "url" contains a user name or a password; pass them as a header, under "headers"');
    const headers = this.#table('headers');
    if (!areHeaders(headers)) this.#problem('"headers" has a name or a value that HTTP does not allow');
    return { kind: 'http', url, headers, entraScope: this.#entraScope(isLocal) };
  }

  #entraScope(isLocal: boolean): string | undefined {
    const { auth } = this.#fields;
    const { entraScope } = fieldsOf(auth);
    const scope = typeof entraScope === 'string' ? entraScope : undefined;
    if (auth !== undefined && !/^\S+\/\.default$/.test(scope ?? ''))
      this.#problem('"auth" is not of the form {"entraScope": "https://search.azure.com/.default"}');
    if (entraScope !== undefined && isLocal) this.#problem('"auth" needs an https address: a token is sent there');
    return scope;
  }

  /** Reads texts by name, as in `env` and `headers`. Warns about secrets, which would be in every copy of the file. */
  #table(key: string): Record<string, string> {
    const table: Record<string, string> = {};
    for (const [name, value] of Object.entries(fieldsOf(this.#fields[key]))) {
      if (!['string', 'number', 'boolean'].includes(typeof value)) {
        this.#problem(`"${key}.${name}" is not a text`);
        continue;
      }
      const text = String(value);
      if (isSecret(name, text)) this.#noticeSecret(`${key}.${name}`);
      table[name] = this.#resolved(text, `${key}.${name}`);
    }
    return table;
  }

  #resolved(text: string, key: string): string {
    const { resolved, missing } = resolveVariables(text, this.#context.reader.env);
    for (const name of missing) this.#problem(`"${key}" needs ${name}, which is not set`);
    return resolved;
  }

  #texts(key: string): readonly string[] {
    return this.#field(key, [], areTexts, 'is not a list of texts');
  }

  /**
   * Returns a field of the entry, or `fallback` if it is missing. If it is not valid, `problem` says so after its name.
   */
  #field<T>(key: string, fallback: T, isValid: (value: unknown) => value is T, problem: string): T {
    const value = this.#fields[key] ?? fallback;
    if (isValid(value)) return value;
    this.#problem(`"${key}" ${problem}`);
    return fallback;
  }

  /** Other programs have keys of their own in the file, so only keys that resemble ours get a notice. */
  #noticeMisspelt(): void {
    for (const key of Object.keys(this.#fields)) {
      if (OWN_KEYS.includes(key) || FOREIGN_KEYS.includes(key)) continue;
      const meant = OWN_KEYS.find((each) => isAlike(key, each));
      if (meant !== undefined) this.#notice(`"${key}" is not read; did you mean "${meant}"?`);
    }
  }

  #problem(text: string): void {
    const { place, reader } = this.#context;
    const problem = `${place}: ${text}`;
    if (!reader.problems.includes(problem)) reader.problems.push(problem);
  }

  #noticeSecret(key: string): void {
    this.#notice(`"${key}" contains a secret; write \${NAME} there, and set NAME in the environment`);
  }

  #notice(text: string): void {
    const { place, reader } = this.#context;
    reader.notices.push(`${place}: ${text}`);
  }
}
