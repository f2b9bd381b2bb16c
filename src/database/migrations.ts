import type { Connection } from './connection.ts';
import { queueSchema } from './names.ts';

/**
 * The statements of each version of the schema, from version 1. Migrations only add, so that the previous release runs
 * on the new schema: rename and drop nothing, and give new columns a default. Never change a version that was released.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // A forgotten conversation keeps its row, with the epoch and the ids of answered activities.
    // epoch: counts resets and forgets; a turn that began in an earlier epoch writes nothing.
    // attempt_job: the job that the latest turn runs or ran for; attempts and stream_id belong to it.
    // attempts: the claims of that job that began the turn and neither ended nor released it.
    // stopped_at: jobs created before it are not run.
    `CREATE TABLE conversations (
        key text PRIMARY KEY,
        epoch integer NOT NULL DEFAULT 0,
        version integer NOT NULL,
        record jsonb NOT NULL,
        is_forgotten boolean NOT NULL DEFAULT false,
        team text,
        attempt_job uuid,
        attempts integer[] NOT NULL DEFAULT '{}',
        stream_id text,
        stopped_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`,
    'CREATE INDEX conversations_updated_at ON conversations (updated_at)',
    'CREATE INDEX conversations_team ON conversations (team) WHERE team IS NOT NULL',
    `CREATE TABLE recording_links (
        id text PRIMARY KEY,
        conversation text NOT NULL,
        person text NOT NULL,
        link jsonb NOT NULL,
        expires_at timestamptz NOT NULL,
        UNIQUE (conversation, person)
      )`,
    'CREATE INDEX recording_links_expires_at ON recording_links (expires_at)',
  ],
  [
    `CREATE TABLE audio (
        id text PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        link_key text NOT NULL,
        conversation text NOT NULL,
        locale text,
        transcript text NOT NULL,
        duration_ms double precision NOT NULL,
        byte_length integer NOT NULL,
        wav bytea NOT NULL,
        saved_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
      )`,
    // Without compression, PostgreSQL reads a range without the bytes before it.
    'ALTER TABLE audio ALTER COLUMN wav SET STORAGE EXTERNAL',
    'CREATE UNIQUE INDEX audio_seq ON audio (seq) INCLUDE (byte_length)',
    'CREATE INDEX audio_conversation ON audio (left(conversation, 128))',
    'CREATE INDEX audio_expires_at ON audio (expires_at)',
    `CREATE TABLE spending (
        budget text NOT NULL,
        account text NOT NULL,
        day date NOT NULL,
        usd double precision NOT NULL DEFAULT 0,
        is_near boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (budget, account, day)
      )`,
    `CREATE TABLE spending_reservations (
        job text PRIMARY KEY,
        conversation text NOT NULL,
        person text NOT NULL,
        usd double precision NOT NULL,
        reserved_at timestamptz NOT NULL DEFAULT now()
      )`,
  ],
  [
    // Append-only. Digests stand for people and conversations; they are empty for a forgotten conversation.
    `CREATE TABLE tool_audit (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        event text NOT NULL,
        turn text NOT NULL,
        conversation text NOT NULL,
        asker text NOT NULL,
        decider text,
        tool text NOT NULL,
        origin text NOT NULL,
        arguments_hash text NOT NULL
      )`,
    'CREATE INDEX tool_audit_turn ON tool_audit (turn)',
    'CREATE INDEX tool_audit_conversation ON tool_audit (conversation)',
    'CREATE INDEX tool_audit_at ON tool_audit (at)',
  ],
  [
    `CREATE TABLE approvals (
        id text PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        conversation text NOT NULL,
        person text NOT NULL,
        approval jsonb NOT NULL,
        decision jsonb,
        turn text,
        expires_at timestamptz NOT NULL
      )`,
    'CREATE INDEX approvals_conversation ON approvals (conversation, person)',
    'CREATE INDEX approvals_expires_at ON approvals (expires_at)',
    `CREATE TABLE tool_permissions (
        conversation text NOT NULL,
        person text NOT NULL,
        origin text NOT NULL,
        tool text NOT NULL,
        digest text NOT NULL,
        allowed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (conversation, person, tool, origin, digest)
      )`,
  ],
  [
    // key_json: the whole key as JSON, if `key` is a digest of it.
    'ALTER TABLE conversations ADD COLUMN key_json text',
  ],
];

/** Building the index of a large table may take a minute. */
const LIMIT_MS = 120_000;

/** Creates the schema or brings it up to date. Several instances may call this at once. */
export async function migrate(connection: Connection, schema: string): Promise<void> {
  await connection.transaction(async (sql) => {
    await sql.query(`SET LOCAL statement_timeout = ${LIMIT_MS}`);
    // Advisory locks belong to the database: the name of the schema tells bots apart.
    await sql.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`migrations of ${schema}`]);
    // CREATE SCHEMA IF NOT EXISTS needs the right to create one even if it exists.
    for (const name of [schema, queueSchema(schema)]) {
      const found = await sql.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [name]);
      if (found.length === 0) await sql.query(`CREATE SCHEMA "${name}"`);
    }
    await sql.query(
      'CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    // A newer release may have left a higher version.
    const applied = await sql.query<{ version: number }>('SELECT version FROM migrations');
    const newest = Math.max(0, ...applied.map(({ version }) => version));
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < newest) continue;
      for (const statement of statements) await sql.query(statement);
      await sql.query('INSERT INTO migrations (version) VALUES ($1)', [index + 1]);
    }
  }, LIMIT_MS);
}
