import {
  type AppliedAction,
  type ConversationAction,
  type ConversationStore,
  recordAfter,
} from '../conversation/conversation-store.ts';
import { type ConversationRecord, EMPTY_RECORD, isHandled, readRecord } from '../conversation/records.ts';
import { storableJson } from '../storable-json.ts';
import type { Sql } from './connection.ts';
import type { DatabaseQueue } from './database-queue.ts';
import { QUEUE } from './job-queue.ts';
import { jobId, storedKey } from './names.ts';
import { forgetApprovals, reopenApprovals, reopenApprovalsOf, withdrawApprovals } from './postgres-approvals.ts';
import { forgetAudio } from './postgres-audio-store.ts';
import { removeAuditNames } from './postgres-audit.ts';
import { forgetLinks } from './postgres-recording-links.ts';
import type { DatabaseServices } from './services.ts';

/** Conversations in PostgreSQL. */
export class DatabaseConversations implements ConversationStore {
  readonly #services: DatabaseServices;
  readonly #queue: DatabaseQueue;

  constructor(services: DatabaseServices, queue: DatabaseQueue) {
    this.#services = services;
    this.#queue = queue;
  }

  async read(key: string): Promise<ConversationRecord> {
    const { connection, recordRetentionMs } = this.#services;
    const [row] = await connection.query<{ record: unknown }>(
      "SELECT record FROM conversations WHERE key = $1 AND updated_at >= now() - $2 * interval '1 ms'",
      [storedKey(key), recordRetentionMs],
    );
    return readRecord(row?.record);
  }

  async create(key: string): Promise<boolean> {
    const { connection, recordRetentionMs } = this.#services;
    const created = await connection.query(
      `INSERT INTO conversations AS c (key, version, record) VALUES ($1, $2, $3)
       ON CONFLICT (key) DO UPDATE SET is_forgotten = false, updated_at = now(),
         record = CASE WHEN c.is_forgotten THEN c.record ELSE excluded.record END
       WHERE c.is_forgotten OR c.updated_at < now() - $4 * interval '1 ms' RETURNING key`,
      [storedKey(key), EMPTY_RECORD.version, JSON.stringify(EMPTY_RECORD), recordRetentionMs],
    );
    return created.length > 0;
  }

  async apply(key: string, action: ConversationAction, activityId?: string): Promise<AppliedAction | undefined> {
    const { conversationLock, connection } = this.#services;
    const cancelledCount = await conversationLock.run(key, (leftMs) =>
      connection.transaction(async (sql) => {
        const record = await this.#lock(sql, key);
        if (activityId !== undefined && isHandled(record, activityId)) return sql.rollBack(undefined);
        await this.#write(sql, key, recordAfter(record, action, activityId), action);
        return this.#act(sql, key, action);
      }, leftMs),
    );
    if (cancelledCount === undefined) return undefined;
    const localCount = isStop(action) ? await this.#queue.stop(storedKey(key)) : 0;
    return { cancelledCount: cancelledCount + localCount };
  }

  /** Includes conversations without a record whose first message waits. */
  async keysOfTeam(team: string): Promise<readonly string[]> {
    const { connection, jobs } = this.#services;
    const found = await connection.query<{ key: string; keyJson: string | null }>(
      `SELECT key, key_json AS "keyJson" FROM conversations WHERE team = $1 AND NOT is_forgotten UNION
       SELECT data -> 'message' ->> 'key', NULL FROM ${jobs.table} WHERE name = $2
         AND state IN ('created', 'retry', 'active') AND data -> 'message' ->> 'team' = $1`,
      [team, QUEUE],
    );
    return [...new Set(found.map(({ key, keyJson }): string => (keyJson === null ? key : JSON.parse(keyJson))))];
  }

  /** Returns the newest record and locks its row until the transaction ends. */
  async #lock(sql: Sql, key: string): Promise<ConversationRecord> {
    const [row] = await sql.query<{ record: unknown }>(
      `INSERT INTO conversations AS c (key, version, record) VALUES ($1, $2, $3)
       ON CONFLICT (key) DO UPDATE SET record =
         CASE WHEN c.updated_at < now() - $4 * interval '1 ms' THEN excluded.record ELSE c.record END
       RETURNING record`,
      [storedKey(key), EMPTY_RECORD.version, JSON.stringify(EMPTY_RECORD), this.#services.recordRetentionMs],
    );
    return readRecord(row?.record);
  }

  async #write(sql: Sql, key: string, record: ConversationRecord, action: ConversationAction): Promise<void> {
    const { kind } = action;
    await sql.query(
      `UPDATE conversations SET record = $2, version = $3, epoch = epoch + $4, is_forgotten = is_forgotten OR $5,
         stopped_at = CASE WHEN $6 THEN now() ELSE stopped_at END, updated_at = now() WHERE key = $1`,
      [
        storedKey(key),
        storableJson(record),
        record.version,
        kind === 'reset' || kind === 'forget' ? 1 : 0,
        kind === 'forget',
        isStop(action),
      ],
    );
  }

  /** Applies an action to everything but the record. Resolves with the count of messages that it cancelled. */
  async #act(sql: Sql, key: string, action: ConversationAction): Promise<number> {
    const { jobs, instance } = this.#services;
    switch (action.kind) {
      case 'markHandled':
      case 'edit':
        return 0;
      case 'reset':
        await withdrawApprovals(sql, key);
        return 0;
      case 'withdraw':
      case 'leave': {
        const id = action.kind === 'leave' ? undefined : jobId({ key, activityId: action.activityId });
        const { count, approvalIds } = await jobs.cancelWaiting(sql, key, id);
        await reopenApprovals(sql, approvalIds);
        return count;
      }
      case 'stop':
      case 'forget': {
        const { count } = await jobs.cancelWaiting(sql, key);
        await (action.kind === 'stop' ? reopenApprovalsOf(sql, key) : this.#forget(sql, key));
        await jobs.notify(sql, `${instance} ${storedKey(key)}`);
        return count;
      }
    }
  }

  /** Deletes what is stored beside the record, or the access to it. */
  async #forget(sql: Sql, key: string): Promise<void> {
    await this.#services.jobs.deleteDead(sql, key);
    await forgetLinks(sql, key);
    await forgetAudio(sql, key);
    await forgetApprovals(sql, key);
    await removeAuditNames(sql, key);
  }
}

/** Whether the action ends the turns that were accepted before it. */
function isStop({ kind }: ConversationAction): boolean {
  return kind === 'stop' || kind === 'forget';
}
