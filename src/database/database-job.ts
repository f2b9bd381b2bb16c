import { writeMessage } from '../conversation/message-json.ts';
import type { CompleteOptions, SaveResult, TurnJob, TurnStart } from '../conversation/queue/turn-queue.ts';
import { type ConversationRecord, type Edit, EMPTY_RECORD, readRecord, withHandled } from '../conversation/records.ts';
import type { UserMessage } from '../conversation/user-message.ts';
import { TurnError } from '../errors.ts';
import { storable, storableJson } from '../storable-json.ts';
import type { Sql } from './connection.ts';
import { type Claim, MAX_CLAIMS, QUEUE } from './job-queue.ts';
import { storedKey } from './names.ts';
import type { DatabaseServices } from './services.ts';

interface Row {
  readonly record: unknown;
  readonly epoch: number;
}

interface BeginRow extends Row {
  readonly attempt: number;
  readonly stream_id: string | null;
  readonly is_stopped: boolean | null;
}

/** One attempt at a message. To avoid deadlocks, every transaction locks the conversation's row before the job. */
export class DatabaseJob implements TurnJob {
  readonly id: string;
  readonly message: UserMessage;
  readonly acceptedAtMs: number;
  readonly isTransferable: boolean;
  readonly isRetry: boolean;
  /** `undefined` for a local turn: it runs on the instance that accepted it and has no job in the queue. */
  readonly claim: Claim | undefined;
  /** The key of its conversation, as stored. */
  readonly storedKey: string;
  readonly #services: DatabaseServices;
  readonly #stop = new AbortController();
  readonly signal = this.#stop.signal;
  /** Whether the turn has completed or its job was released. */
  isEnded = false;
  /** Whether another attempt has claimed the turn. */
  isSuperseded = false;
  #epoch: number | undefined;

  constructor(
    { id, message, acceptedAtMs, claim }: Pick<DatabaseJob, 'id' | 'message' | 'acceptedAtMs' | 'claim'>,
    services: DatabaseServices,
  ) {
    this.id = id;
    this.message = message;
    this.acceptedAtMs = acceptedAtMs;
    this.claim = claim;
    this.isTransferable = claim !== undefined;
    this.isRetry = claim !== undefined && claim.retryCount > 0;
    this.#services = services;
    this.storedKey = storedKey(message.key);
  }

  abort(reason: TurnError): void {
    this.#stop.abort(reason);
  }

  async begin(): Promise<TurnStart> {
    const { connection, jobs, recordRetentionMs } = this.#services;
    // A local turn has no job whose state could be read: only its signal stops it.
    if (this.signal.aborted && this.signal.reason.code === 'cancelled') return { kind: 'stopped' };
    // An attempt is counted by its claim, so a repeated call does not count it again.
    const [row] = await connection.query<BeginRow>(beginSql(jobs.table), [
      this.storedKey,
      EMPTY_RECORD.version,
      JSON.stringify(EMPTY_RECORD),
      this.message.team ?? null,
      this.claim?.id ?? null,
      this.claim?.retryCount ?? null,
      recordRetentionMs,
      QUEUE,
      this.storedKey === this.message.key ? null : JSON.stringify(this.message.key),
    ]);
    if (row === undefined) {
      this.supersede();
      return { kind: 'superseded' };
    }
    if (row.is_stopped === true) return { kind: 'stopped' };
    this.#epoch = row.epoch;
    const begun = { kind: 'begun', record: readRecord(row.record) } as const;
    if (this.claim === undefined) return { ...begun, attempt: 1, streamId: undefined };
    // Infinity has the turn dead-lettered.
    const attempt = this.claim.retryCount < MAX_CLAIMS ? row.attempt : Number.POSITIVE_INFINITY;
    return { ...begun, attempt, streamId: row.stream_id ?? undefined };
  }

  async save(edit: Edit): Promise<SaveResult> {
    const { connection, jobs } = this.#services;
    const result = await connection.transaction<SaveResult>(async (sql) => {
      const row = await this.#lock(sql);
      if (this.claim !== undefined && !(await jobs.touch([this.claim], sql))) return sql.rollBack('superseded');
      if (row === undefined || row.epoch !== this.#epoch) return 'obsolete';
      await this.#write(sql, edit(readRecord(row.record)), null);
      return 'saved';
    });
    if (result === 'superseded') this.supersede();
    return result;
  }

  complete({ isDelivered = false }: CompleteOptions = {}): Promise<boolean> {
    return this.#end({ isDead: false, isDelivered });
  }

  deadLetter(): Promise<boolean> {
    return this.#end({ isDead: true, isDelivered: false });
  }

  async release(): Promise<void> {
    const { connection, jobs } = this.#services;
    const { claim } = this;
    if (claim === undefined) return;
    const isOurs = await connection.transaction(async (sql) => {
      await this.removeAttempt(sql);
      return (await jobs.release(sql, claim)) || sql.rollBack(false);
    });
    this.isEnded = true;
    if (!isOurs) this.supersede();
  }

  saveStreamId(streamId: string): void {
    if (this.claim === undefined) return;
    const { connection, log } = this.#services;
    const text = 'UPDATE conversations SET stream_id = $3 WHERE key = $1 AND attempt_job = $2';
    const storing = connection.query(text, [this.storedKey, this.claim.id, streamId]);
    storing.catch((err: unknown) => log.debug({ err }, 'stream id not stored'));
  }

  /** Counts the attempts that have begun and not ended: before `begin`, those of processes that crashed. */
  async attemptCount(): Promise<number> {
    const text = 'SELECT cardinality(attempts) AS count FROM conversations WHERE key = $1 AND attempt_job = $2';
    const [row] = await this.#services.connection.query<{ count: number }>(text, [
      this.storedKey,
      this.claim?.id ?? null,
    ]);
    return row?.count ?? 0;
  }

  /** Call it when another attempt has claimed the turn. It then has to end without a delivery. */
  supersede(): void {
    this.isSuperseded = true;
    this.abort(new TurnError('claim_lost', 'another attempt has the turn'));
  }

  /** Takes this attempt back out of the count. */
  async removeAttempt(sql: Sql = this.#services.connection): Promise<void> {
    if (this.claim === undefined) return;
    const text = 'UPDATE conversations SET attempts = array_remove(attempts, $3) WHERE key = $1 AND attempt_job = $2';
    await sql.query(text, [this.storedKey, this.claim.id, this.claim.retryCount]);
  }

  async #lock(sql: Sql): Promise<Row | undefined> {
    const text = 'SELECT record, epoch FROM conversations WHERE key = $1 FOR UPDATE';
    return (await sql.query<Row>(text, [this.storedKey]))[0];
  }

  /** Creates the row if it is missing. The attempts of the `ended` job stop counting. */
  async #write(sql: Sql, record: ConversationRecord, ended: string | null): Promise<void> {
    await sql.query(
      `INSERT INTO conversations AS c (key, version, record) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE
       SET record = excluded.record, version = excluded.version, updated_at = now(),
         attempt_job = nullif(c.attempt_job, $4)`,
      [this.storedKey, record.version, storableJson(record), ended],
    );
  }

  async #end({ isDead, isDelivered }: { isDead: boolean; isDelivered: boolean }): Promise<boolean> {
    const { connection, jobs } = this.#services;
    const { claim, message } = this;
    const isOurs = await connection.transaction<boolean>(async (sql) => {
      const row = await this.#lock(sql);
      // If the conversation was forgotten meanwhile, its message must not stay in the dead-letter queue.
      if (isDead && row?.epoch === this.#epoch)
        await jobs.sendDead(sql, this.storedKey, storable(writeMessage(message)));
      await this.#write(sql, withHandled(readRecord(row?.record), message.activityId), claim?.id ?? null);
      if (claim === undefined || (await jobs.complete(sql, claim))) return true;
      // The claim is lost, unless an earlier `complete` ended the job and its response was lost.
      const hasEnded = await jobs.hasEnded(sql, claim);
      // A delivered message stays known as answered; any other write is rolled back.
      return isDelivered ? hasEnded : sql.rollBack(hasEnded);
    });
    this.isEnded ||= isOurs;
    if (!isOurs) this.supersede();
    return isOurs;
  }
}

/**
 * Counts the attempt and creates or updates the conversation. Returns no row if the claim is lost. A local turn has no
 * job: its $5 and $6 are NULL, and it leaves the attempts of the queued turn as they are.
 */
function beginSql(jobsTable: string): string {
  return `WITH job AS (
     SELECT created_on FROM ${jobsTable} WHERE name = $8 AND id = $5 AND state = 'active' AND retry_count = $6
   )
   INSERT INTO conversations AS c (key, version, record, team, key_json, attempt_job, attempts)
   SELECT $1, $2, $3, $4, $9, $5, array_remove(ARRAY[$6::int], NULL) WHERE $5::uuid IS NULL OR EXISTS (SELECT FROM job)
   ON CONFLICT (key) DO UPDATE SET
     -- A record past its retention counts as empty.
     record = CASE WHEN c.updated_at < now() - $7 * interval '1 ms' THEN excluded.record ELSE c.record END,
     team = coalesce(excluded.team, c.team),
     key_json = excluded.key_json,
     -- A message from before the conversation was forgotten does not revive it.
     is_forgotten = c.is_forgotten AND coalesce((SELECT created_on FROM job) < c.stopped_at, false),
     updated_at = now(),
     -- Local turn: unchanged. Same job: this claim is added, once. Another job: only this claim.
     attempts = CASE
       WHEN excluded.attempt_job IS NULL THEN c.attempts
       WHEN c.attempt_job = excluded.attempt_job THEN array_remove(c.attempts, $6) || excluded.attempts
       ELSE excluded.attempts END,
     -- Another job does not end the stream of the one before.
     stream_id = CASE WHEN excluded.attempt_job IS NULL OR c.attempt_job = excluded.attempt_job THEN c.stream_id END,
     attempt_job = coalesce(excluded.attempt_job, c.attempt_job)
   RETURNING record, epoch, cardinality(attempts) AS attempt, stream_id,
     (SELECT created_on FROM job) < stopped_at AS is_stopped`;
}
