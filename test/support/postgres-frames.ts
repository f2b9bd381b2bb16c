/** One statement on its way to PostgreSQL. */
export interface Statement {
  readonly text: string;
  /** The number of its connection, from 1. */
  readonly connection: number;
  /** Whether a store of the bot sent it and not pg-boss, which sets no search path. */
  readonly isFromStore: boolean;
}

const MAX_BIND_NAME_BYTES = 1_000;

/** Statements by name. A name is the digest of its text, so it means the same on every connection. */
const texts = new Map<string, string>();

/**
 * Parses the statements of one connection from the bytes of the client.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class PostgresFrames {
  readonly #connection: number;
  #isFromStore = false;
  /** The first message has no type. */
  #isStarted = false;
  #rest: Buffer = Buffer.alloc(0);
  #unnamed = '';

  constructor(connection: number) {
    this.#connection = connection;
  }

  read(chunk: Buffer): Statement[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const found: Statement[] = [];
    for (let body = this.#take(); body !== undefined; body = this.#take()) {
      const text = this.#textOf(body.type, body.fields);
      if (text !== undefined) found.push({ text, connection: this.#connection, isFromStore: this.#isFromStore });
    }
    return found;
  }

  #take(): { readonly type: string; readonly fields: readonly string[] } | undefined {
    const head = this.#isStarted ? 1 : 0;
    if (this.#rest.byteLength < head + 4) return undefined;
    const end = head + this.#rest.readUInt32BE(head);
    if (this.#rest.byteLength < end) return undefined;
    const type = this.#isStarted ? this.#rest.toString('latin1', 0, 1) : 'startup';
    // A large Bind carries audio: its names are at its beginning.
    const textEnd = type === 'B' ? Math.min(end, head + MAX_BIND_NAME_BYTES) : end;
    const fields = this.#rest.toString('utf8', head + 4, textEnd).split('\0');
    this.#rest = this.#rest.subarray(end);
    this.#isStarted = true;
    return { type, fields };
  }

  #textOf(type: string, [first = '', second = '', ...others]: readonly string[]): string | undefined {
    switch (type) {
      case 'startup':
        this.#isFromStore = others.some((field) => field.includes('search_path'));
        return undefined;
      case 'P':
        if (first === '') this.#unnamed = second;
        else texts.set(first, second);
        return undefined;
      case 'B':
        return second === '' ? this.#unnamed : texts.get(second);
      case 'Q':
        return first;
      default:
        return undefined;
    }
  }
}
