import type { DatabaseSettings } from '../config/database-settings.ts';
import { StoreError } from '../errors.ts';
import { type CheckContext, type Finding, fail, pass, skipped, warn } from './check.ts';

/** The oldest version that pg-boss supports. */
const MIN_VERSION = 13;
/**
 * Above this, times in the bot's log are hard to compare with those in the database, which are of the server's clock.
 */
const MAX_CLOCK_DIFFERENCE_MS = 5_000;

interface Facts {
  readonly version: number;
  readonly nowMs: number;
  readonly mayCreate: boolean;
  /** How many of the bot's schema and the queue's exist and may be used by this role. */
  readonly schemaCount: number;
}

const FACTS_QUERY = `SELECT current_setting('server_version_num')::int / 10000 AS version,
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs",
    has_database_privilege(current_database(), 'CREATE') AS "mayCreate",
    (SELECT count(*)::int FROM pg_namespace WHERE nspname IN ($1, $2)
      AND has_schema_privilege(oid, 'USAGE, CREATE')) AS "schemaCount"`;

/** Connects, checks version, rights, schemas and clock, and sends a job through a queue of its own. Leaves nothing. */
export async function checkDatabase({ config, tokens, clock, log }: CheckContext): Promise<Finding> {
  const { database: settings } = config;
  if (settings === undefined) return skipped('no database: the bot keeps everything in memory');
  // Loaded here, since a bot without a database does not have to load it.
  const [{ Connection }, { fixFor }, { tryQueue }] = await Promise.all([
    import('../database/connection.ts'),
    import('../database/errors.ts'),
    import('../database/try-queue.ts'),
  ]);
  const options = { settings, tokens, clock, log };
  const connection = new Connection(options);
  let messageStart = '';
  try {
    const startedAtMs = clock.now();
    const [facts] = await connection.query<Facts>(FACTS_QUERY, [settings.schema, `${settings.schema}_queue`]);
    if (facts === undefined) return fail('the database returned no row', 'Please report this.');
    // Half of the call's time is the way back.
    const differenceMs = Math.round(facts.nowMs - (startedAtMs + clock.now()) / 2);
    const finding = findingOf(facts, differenceMs, settings);
    if (finding.status === 'fail') return finding;
    messageStart = `${finding.message}; `;
    const isTried = facts.schemaCount === 2 && (await tryQueue(options));
    const job = isTried ? 'a job passed through a test queue' : 'no test job: the bot creates the queue when it starts';
    return { ...finding, message: `${messageStart}${job}` };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const fix = fixFor(error, settings);
    return fail(`${messageStart}${error.message}`, `${fix.charAt(0).toUpperCase()}${fix.slice(1)}.`);
  } finally {
    await connection.close();
  }
}

function findingOf(facts: Facts, differenceMs: number, { user, database, schema }: DatabaseSettings): Finding {
  const message = `PostgreSQL ${facts.version}, ${facts.schemaCount} of 2 schemas, with its clock ${differenceMs} ms ahead of this machine`;
  if (facts.version < MIN_VERSION) return fail(message, `Use PostgreSQL ${MIN_VERSION} or newer.`);
  if (facts.schemaCount < 2 && !facts.mayCreate)
    return fail(
      `${message}; "${user}" may not create schemas`,
      `Grant "${user}" the permission (GRANT CREATE ON DATABASE "${database}" TO "${user}"), or make it the owner of the schemas "${schema}" and "${schema}_queue".`,
    );
  return Math.abs(differenceMs) > MAX_CLOCK_DIFFERENCE_MS
    ? warn(message, 'Set the clock of this machine or of the server; otherwise times in the logs do not match.')
    : pass(message);
}
