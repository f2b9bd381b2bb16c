import { type ConstructorOptions, PgBoss } from 'pg-boss';
import type { Config } from '../config/config.ts';
import { type MessageJson, readMessage } from '../conversation/message-json.ts';
import type { CancelledMessages } from '../conversation/queue/turn-queue.ts';
import type { UserMessage } from '../conversation/user-message.ts';
import { fieldsOf } from '../json-access.ts';
import { type Connection, type ConnectionOptions, clientConfig, type Sql } from './connection.ts';
import { reasonOf } from './errors.ts';
import { jobId, notifyChannelOf, queueSchema, storedKey } from './names.ts';

/** A claim to a job holds until another instance fetches the job. pg-boss checks it with every call. */
export interface Claim {
  readonly id: string;
  readonly retryCount: number;
}

export interface FetchedJob {
  readonly claim: Claim;
  readonly acceptedAtMs: number;
  /** The key of its conversation, as stored. */
  readonly storedKey: string;
  /** `undefined` if no version of the bot has written the job. */
  readonly message: UserMessage | undefined;
  readonly data: object;
}

/** How many messages wait, and their stored bytes. */
const NONE_WAITING = {
  /** Counts the conversation of the message, including the message that runs. */
  ofKey: 0,
  ofPerson: 0,
  inAll: 0,
  bytes: 0,
  /** Counts all people whom no channel verifies. */
  ofUnverified: 0,
  unverifiedBytes: 0,
};
export type WaitingCounts = Readonly<typeof NONE_WAITING>;

export const QUEUE = 'turns';
/** The dead-letter queue: messages that could not be answered. Only an operator reads it. */
const DEAD_QUEUE = 'turns_dead';
/**
 * Limits how often outages and shutdowns may interrupt a turn. Crashes are counted apart, in `conversations.attempts`.
 */
export const MAX_CLAIMS = 100;
const QUEUE_OPTIONS = {
  // After this silence of a process, other instances get its turns.
  heartbeatSeconds: 30,
  // pg-boss must not fail a job itself: a failed job blocks its conversation. The bot dead-letters it after MAX_CLAIMS;
  // the margin is for claims during which that fails.
  retryLimit: MAX_CLAIMS + 10,
  retryDelay: 0,
  expireInSeconds: 3600,
  // For this long, the job detects an activity that is delivered again.
  deleteAfterSeconds: 3600,
  notify: true,
  deadLetter: DEAD_QUEUE,
};
/** Supervision finds jobs whose heartbeat is missing; the instances share it. */
const SUPERVISION = {
  superviseIntervalSeconds: 5,
  monitorIntervalSeconds: 5,
  maintenanceIntervalSeconds: 300,
  // Flows, which are jobs that depend on others, are not used.
  flowIntervalSeconds: 3600,
  query_timeout: 60_000,
};

/** Creates a pg-boss with one connection of its own. It schedules nothing, and its schema exists. */
export function createBoss(options: ConnectionOptions, own: ConstructorOptions & { query_timeout: number }): PgBoss {
  return new PgBoss({
    ...clientConfig(options),
    schema: queueSchema(options.settings.schema),
    createSchema: false,
    max: 1,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    ...own,
  });
}

/** The queue of pg-boss. Its own connection is for supervision and heartbeats, which never wait behind messages. */
export class JobQueue {
  /** The table of jobs. */
  readonly table: string;
  readonly #boss: PgBoss;
  readonly #connection: Connection;
  readonly #channel: string;
  readonly #deadSeconds: number;

  /** Dead letters are kept as long as conversations, by `recordRetentionMs`. */
  constructor(options: ConnectionOptions & Pick<Config, 'recordRetentionMs'>, connection: Connection) {
    const { settings, log, recordRetentionMs } = options;
    this.#boss = createBoss(options, SUPERVISION);
    this.#boss.on('error', (error) => log.debug({ reason: reasonOf(error) }, 'queue call failed'));
    this.#boss.on('warning', ({ data }) => log.warn({ kind: fieldsOf(data)['type'] }, 'queue warning received'));
    this.#connection = connection;
    this.table = `${queueSchema(settings.schema)}.job`;
    this.#channel = notifyChannelOf(settings.schema);
    this.#deadSeconds = recordRetentionMs / 1000;
  }

  /** Safe to call again after a failure. */
  async start(): Promise<void> {
    await this.#boss.start();
    const dead = { retentionSeconds: this.#deadSeconds };
    await this.#boss.createQueue(DEAD_QUEUE, dead);
    await this.#boss.createQueue(QUEUE, { ...QUEUE_OPTIONS, policy: 'key_strict_fifo' });
    // Creating an existing queue changes nothing, so update its options as well.
    await this.#boss.updateQueue(DEAD_QUEUE, dead);
    await this.#boss.updateQueue(QUEUE, QUEUE_OPTIONS);
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  /** Resolves with false if the message was accepted before. Empty `data` stores only the message's id. */
  async send(sql: Sql, message: UserMessage, data: MessageJson | Record<string, never>): Promise<boolean> {
    const singletonKey = storedKey(message.key);
    const group = { id: storedKey(message.personKey) };
    return (await this.#boss.send(QUEUE, data, { id: jobId(message), singletonKey, group, db: sql })) !== null;
  }

  /** Whether the job of a message waits or runs. */
  async isUnended(sql: Sql, message: UserMessage): Promise<boolean> {
    const text = `SELECT FROM ${this.table} WHERE name = $1 AND id = $2 AND state IN ('created', 'retry', 'active')`;
    return (await sql.query(text, [QUEUE, jobId(message)])).length > 0;
  }

  async countWaiting(sql: Sql, { key, personKey }: Pick<UserMessage, 'key' | 'personKey'>): Promise<WaitingCounts> {
    // The group of a person whom no channel verifies is the conversation. pg_column_size does not load the data.
    const [counts = NONE_WAITING] = await sql.query<WaitingCounts>(
      `SELECT count(*) FILTER (WHERE singleton_key = $2)::int AS "ofKey",
              count(*) FILTER (WHERE waits AND group_id = $3)::int AS "ofPerson",
              count(*) FILTER (WHERE waits)::int AS "inAll",
              coalesce(sum(bytes) FILTER (WHERE waits), 0)::float8 AS bytes,
              count(*) FILTER (WHERE waits AND group_id = singleton_key)::int AS "ofUnverified",
              coalesce(sum(bytes) FILTER (WHERE waits AND group_id = singleton_key), 0)::float8 AS "unverifiedBytes"
       FROM (SELECT singleton_key, group_id, state <> 'active' AS waits, pg_column_size(data) AS bytes
             FROM ${this.table} WHERE name = $1 AND state IN ('created', 'retry', 'active')) AS unended`,
      [QUEUE, storedKey(key), storedKey(personKey)],
    );
    return counts;
  }

  /** Fetches the oldest job of each conversation that has none running. */
  async fetch(count: number): Promise<readonly FetchedJob[]> {
    const options = { batchSize: count, includeMetadata: true, db: this.#connection } as const;
    const jobs = await this.#boss.fetch<object>(QUEUE, options);
    return jobs.map(({ id, retryCount, createdOn, singletonKey, data }) => ({
      claim: { id, retryCount },
      acceptedAtMs: createdOn.getTime(),
      // Every job of the queue has one: the policy of the queue demands it.
      storedKey: singletonKey ?? '',
      message: readMessage(data),
      data,
    }));
  }

  /** Renews claims. Resolves with true if all of them hold; in a transaction (`sql`) they hold until its end. */
  async touch(claims: readonly Claim[], sql?: Sql): Promise<boolean> {
    const response = await this.#boss.touch(QUEUE, [...claims], sql === undefined ? {} : { db: sql });
    return affected(response) === claims.length;
  }

  /** Ends a job if its claim holds. The job stays for an hour, without the message. */
  async complete(sql: Sql, claim: Claim): Promise<boolean> {
    if (affected(await this.#boss.complete(QUEUE, claim, null, { db: sql })) === 0) return false;
    await sql.query(`UPDATE ${this.table} SET data = '{}' WHERE name = $1 AND id = $2`, [QUEUE, claim.id]);
    return true;
  }

  /** Whether an earlier `complete` has ended the job: the answer to its COMMIT may have been lost. */
  async hasEnded(sql: Sql, { id, retryCount }: Claim): Promise<boolean> {
    const text = `SELECT FROM ${this.table} WHERE name = $1 AND id = $2 AND state = 'completed' AND retry_count = $3`;
    return (await sql.query(text, [QUEUE, id, retryCount])).length > 0;
  }

  /** Adds a message to the dead-letter queue. `conversation`: its stored key, by which `deleteDead` finds it. */
  async sendDead(sql: Sql, conversation: string, data: object): Promise<void> {
    await this.#boss.send(DEAD_QUEUE, data, { singletonKey: conversation, db: sql });
  }

  /** Returns a job to the queue, ahead of its successors. Resolves with false if the claim is lost. */
  async release(sql: Sql, claim: Claim): Promise<boolean> {
    if (affected(await this.#boss.fail(QUEUE, claim, null, { db: sql })) === 0) return false;
    // pg-boss sends notifications for new jobs only.
    await this.notify(sql, QUEUE);
    return true;
  }

  /**
   * Cancels the waiting messages of a conversation, or one of them. Their ids stay for an hour, without the messages.
   */
  async cancelWaiting(sql: Sql, key: string, id?: string): Promise<CancelledMessages> {
    // The condition matches an index of pg-boss that leaves out ended jobs.
    const waiting = await sql.query<{ id: string; approvalId: string | null }>(
      `WITH waiting AS (SELECT id, data FROM ${this.table} WHERE name = $1 AND singleton_key = $2
         AND state < 'active' AND ($3::uuid IS NULL OR id = $3) FOR UPDATE)
       UPDATE ${this.table} job SET data = '{}' FROM waiting WHERE job.name = $1 AND job.id = waiting.id
       RETURNING job.id, waiting.data -> 'message' ->> 'approvalId' AS "approvalId"`,
      [QUEUE, storedKey(key), id ?? null],
    );
    const ids = waiting.map((job) => job.id);
    if (ids.length > 0) await this.#boss.cancel(QUEUE, ids, { db: sql });
    const approvalIds = waiting.flatMap(({ approvalId }) => approvalId ?? []);
    return { count: waiting.length - approvalIds.length, approvalIds };
  }

  /** Deletes a conversation's messages from the dead-letter queue. */
  async deleteDead(sql: Sql, key: string): Promise<void> {
    const text = `DELETE FROM ${this.table} WHERE name = $1 AND singleton_key = $2 AND state < 'active'`;
    await sql.query(text, [DEAD_QUEUE, storedKey(key)]);
  }

  /** Returns those of the jobs that were added before their conversation was stopped. */
  async stoppedAmong(ids: readonly string[]): Promise<readonly string[]> {
    const stopped = await this.#connection.query<{ id: string }>(
      `SELECT job.id FROM ${this.table} job JOIN conversations ON conversations.key = job.singleton_key
       WHERE job.name = $1 AND job.id = ANY($2::uuid[]) AND job.created_on < conversations.stopped_at`,
      [QUEUE, ids],
    );
    return stopped.map(({ id }) => id);
  }

  /** Notifies the listeners of all instances when the transaction commits. `payload` has at most 7,999 bytes. */
  async notify(sql: Sql, payload: string): Promise<void> {
    await sql.query('SELECT pg_notify($1, $2)', [this.#channel, payload]);
  }
}

/** Reads a field that the types of pg-boss lack: dist/manager.js, `mapCommandResponse`. */
function affected(response: unknown): number {
  const count = fieldsOf(response)['affected'];
  return typeof count === 'number' ? count : 0;
}
