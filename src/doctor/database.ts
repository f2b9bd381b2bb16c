import type { DatabaseSettings } from '../config/database-settings.ts';
import { StoreError } from '../errors.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass, warn } from './check.ts';

const NAME = 'database';
/** Two connections, a token for them among that, and about ten statements. */
const LIMIT_MS = 30_000;
/** The oldest version that pg-boss supports. */
const MIN_VERSION = 130_000;
/** Times in the database are its own; the log of the bot is harder to read beside it from here on. */
const MAX_CLOCK_DIFFERENCE_MS = 5_000;

interface Facts {
  readonly version: number;
  readonly nowMs: number;
  readonly mayCreate: boolean;
  /** Of the bot's own and the queue's, those that exist and that this role may use. */
  readonly schemaCount: number;
}

const FACTS = `SELECT current_setting('server_version_num')::int AS version,
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs",
    has_database_privilege(current_database(), 'CREATE') AS "mayCreate",
    (SELECT count(*)::int FROM pg_namespace WHERE nspname IN ($1, $2)
      AND has_schema_privilege(oid, 'USAGE, CREATE')) AS "schemaCount"`;

/** Whether the database can be reached, its rights, its schemas, its clock, and whether a job goes through. Leaves nothing. */
export function databaseCheck(deps: DoctorDeps): Check {
  const { database: settings } = deps.config;
  return {
    name: NAME,
    limitMs: LIMIT_MS,
    lateFix: 'See that the network lets this machine reach the host in DATABASE_URL.',
    run: async () =>
      settings === undefined
        ? pass('no database: everything is in the memory of the process', { kind: 'memory' })
        : examine(settings, deps),
  };
}

async function examine(settings: DatabaseSettings, { tokens, clock, log }: DoctorDeps): Promise<Finding> {
  // Loaded only where a database is set, as by the bot.
  const [{ Connection }, { fixFor }, { tryQueue }] = await Promise.all([
    import('../database/connection.ts'),
    import('../database/errors.ts'),
    import('../database/try-queue.ts'),
  ]);
  const options = { settings, tokens, clock, log };
  const connection = new Connection(options);
  let known = '';
  try {
    const begunMs = clock.now();
    const [facts] = await connection.query<Facts>(FACTS, [settings.schema, `${settings.schema}_queue`]);
    // The middle of the call: its way there and back took time, too.
    const differenceMs = Math.round(Number(facts?.nowMs) - (begunMs + clock.now()) / 2);
    if (facts === undefined) return fail('the database answered nothing', 'Report this.');
    const finding = judge(facts, differenceMs, settings);
    if (finding.status === 'fail') return finding;
    known = `${finding.said}; `;
    const isTried = facts.schemaCount === 2 && (await tryQueue(options));
    const tried = isTried
      ? 'a job went through a queue of its own'
      : 'no job was tried: the bot prepares the queue when it starts';
    return { ...finding, said: `${known}${tried}` };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail(`${known}${error.message}`, sentence(fixFor(error, settings)));
  } finally {
    await connection.close();
  }
}

function judge(facts: Facts, differenceMs: number, { user, database, schema }: DatabaseSettings): Finding {
  const figures = { version: facts.version, clockDifferenceMs: differenceMs, schemas: facts.schemaCount };
  const version = Math.floor(facts.version / 10_000);
  const said = `PostgreSQL ${version}, ${facts.schemaCount} of 2 schemas, its clock ${differenceMs} ms ahead of this machine's`;
  if (facts.version < MIN_VERSION) return fail(said, 'Use PostgreSQL 13 or newer.', figures);
  if (facts.schemaCount < 2 && !facts.mayCreate)
    return fail(
      `${said}; "${user}" may not create schemas`,
      `Give "${user}" the right (GRANT CREATE ON DATABASE "${database}" TO "${user}"), or the schemas "${schema}" and "${schema}_queue" to own.`,
      figures,
    );
  if (Math.abs(differenceMs) > MAX_CLOCK_DIFFERENCE_MS)
    return warn(
      said,
      'Set the clock of this machine, or that of the server: log lines do not match otherwise.',
      figures,
    );
  return pass(said, figures);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
