import { readFileSync } from 'node:fs';

export type Env = Readonly<Record<string, string | undefined>>;

/** Whether the host is `localhost` or a loopback address. IPv6 may be in brackets, as in a URL's `hostname`, or not. */
export function isLoopbackHost(hostname: string): boolean {
  const name = hostname.toLowerCase();
  return name === 'localhost' || name === '[::1]' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/** Reads a file that a variable names. Editors on Windows write a byte order mark, which the decoder removes. */
export function readUtf8File(path: string): string {
  return new TextDecoder().decode(readFileSync(path));
}

/**
 * Reads variables one by one and notes every problem instead of stopping at the first. An empty or blank value counts
 * as unset, since templates leave such values behind.
 */
export class EnvReader {
  /** All variables: the file of MCP_CONFIG may name variables that are not settings. */
  readonly env: Env;
  /** The names of all variables that were read. */
  readonly names = new Set<string>();
  /** The problems of unresolved references to Key Vault or App Configuration, by the name of the variable. */
  readonly #unresolved = new Map<string, string>();
  /** Each problem begins with the name of its variable. */
  readonly problems: string[] = [];
  /** Warnings for the operator about valid settings that are probably a mistake. */
  readonly notices: string[] = [];

  readonly #isUsed: (name: string) => boolean;

  /** Settings for which `isUsed` returns false count as unset. */
  constructor(env: Env, isUsed = (_name: string) => true) {
    this.env = env;
    this.#isUsed = isUsed;
  }

  /** Returns every problem. A variable with an unresolved reference has only that one, since its value is unknown. */
  listProblems(): readonly string[] {
    const others = this.problems.filter((problem) => !this.#unresolved.has(problem.split(' ', 1)[0] ?? ''));
    return [...this.#unresolved.values(), ...others];
  }

  /**
   * Returns the trimmed value. App Service leaves an unresolved reference in the value, which is a problem.
   * https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
   * https://learn.microsoft.com/azure/app-service/app-service-configuration-references
   */
  text(name: string): string | undefined {
    this.names.add(name);
    const value = (this.#isUsed(name) && this.env[name]?.trim()) || undefined;
    const [, kind] = /^@microsoft\.(keyvault|appconfiguration)\(/i.exec(value ?? '') ?? [];
    if (kind !== undefined) {
      const store = kind.toLowerCase() === 'keyvault' ? 'a Key Vault' : 'an App Configuration';
      this.#unresolved.set(
        name,
        `${name} is ${store} reference that was not resolved; expected its value (allow the identity of the site to read it)`,
      );
    }
    return value;
  }

  /** Reads a value that must be set. `expected` ends the sentence about a missing one. */
  required(name: string, expected: string): string {
    const value = this.text(name);
    if (value === undefined) this.problems.push(`${name} is not set; expected ${expected}`);
    return value ?? '';
  }

  /** Reads a whole number within inclusive bounds. */
  whole<Fallback extends number | undefined>(
    name: string,
    fallback: Fallback,
    { min, max }: { readonly min: number; readonly max: number },
  ): number | Fallback {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.problems.push(`${name} is "${value}"; expected a whole number from ${min} to ${max}`);
    return fallback;
  }

  /** Reads an amount above zero. */
  amount(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^\d+(\.\d+)?$/.test(value) && Number(value) > 0) return Number(value);
    this.problems.push(`${name} is "${value}"; expected an amount such as 5 or 0.50`);
    return undefined;
  }

  flag(name: string, fallback: boolean): boolean {
    return this.oneOf(name, ['true', 'false'], fallback ? 'true' : 'false') === 'true';
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const found = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
    if (found === undefined) this.problems.push(`${name} is "${value}"; expected one of ${choices.join(', ')}`);
    return found ?? fallback;
  }

  /** Reads entries between commas. */
  list(name: string): readonly string[] {
    const value = this.text(name);
    const entries = (value ?? '').split(',').map((entry) => entry.trim());
    const named = entries.filter((entry) => entry !== '');
    // An empty list would allow everybody.
    if (value !== undefined && named.length === 0)
      this.problems.push(`${name} is "${value}"; expected entries between commas, or nothing`);
    return named;
  }

  /**
   * Reads an https address, or http on a loopback host, without trailing slashes or credentials. `tidy` first removes
   * parts that the bot ignores.
   */
  url(name: string, example: string, tidy = (address: URL) => address): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const address = URL.parse(value);
    const parsed = address && tidy(address);
    const expected = `expected an address such as ${example} (http:// only for a loopback host)`;
    if (parsed === null) {
      this.problems.push(`${name} is not an address; ${expected}`);
    } else if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
      this.problems.push(`${name} contains credentials, a query or a fragment; ${expected}`);
    } else if (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopbackHost(parsed.hostname))) {
      return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
    } else {
      this.problems.push(`${name} starts with "${parsed.protocol}//" and names host "${parsed.hostname}"; ${expected}`);
    }
    return undefined;
  }
}
