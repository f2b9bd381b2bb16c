import {
  APPROVAL_MS,
  type Approval,
  type ApprovalStore,
  type Decision,
  MAX_WAITING_APPROVALS,
  type Permission,
} from '../conversation/approvals/approval.ts';
import { keyDigest } from '../conversation/keys.ts';
import { isReference } from '../conversation/message-json.ts';
import { fieldsOf } from '../json-access.ts';
import { storableJson } from '../storable-json.ts';
import type { Connection, Sql } from './connection.ts';
import { storedKey } from './names.ts';

/** Ids come from the buttons of cards; other forms are not looked up. */
const ID = /^[\w-]{16,64}$/;

const COLUMNS = 'approval, decision, turn';

interface Row {
  readonly approval: unknown;
  readonly decision: Decision | null;
  readonly turn: string | null;
}

/** Approvals and permissions that all instances share. */
export function createPostgresApprovals(connection: Connection): ApprovalStore {
  return {
    add: (approval) => addApproval(connection, approval),
    find: (id) => findApproval(connection, id),
    async findMeant(conversation, person, activityId) {
      const text = `SELECT ${COLUMNS} FROM approvals
         WHERE conversation = $1 AND coalesce($2, person) = person AND expires_at > now()
           AND (decision IS NULL OR decision ->> 'activityId' = $3)
         ORDER BY decision IS NULL, seq DESC LIMIT 1`;
      const values = [storedKey(conversation), person === undefined ? null : keyDigest(person), activityId];
      return approvalIn(await connection.query<Row>(text, values));
    },
    async decide(id, decision) {
      if (!ID.test(id)) return undefined;
      const text = `UPDATE approvals SET decision = $2
         WHERE id = $1 AND decision IS NULL AND expires_at > now() RETURNING ${COLUMNS}`;
      const decided = approvalIn(await connection.query<Row>(text, [id, storableJson(decision)]));
      const approval = decided ?? (await findApproval(connection, id));
      return approval && { approval, isMadeNow: decided !== undefined };
    },
    async claim(id, turnId) {
      const text = `UPDATE approvals SET turn = $2
         WHERE id = $1 AND decision IS NOT NULL AND coalesce(turn, $2) = $2 RETURNING id`;
      return (await connection.query(text, [id, turnId])).length > 0;
    },
    async reopen(id) {
      await reopenApprovals(connection, [id]);
    },
    allow: (permission, approvalId) => addPermission(connection, permission, approvalId),
    async permissionsOf(conversation, person) {
      const text = 'SELECT origin, tool, digest FROM tool_permissions WHERE conversation = $1 AND person = $2';
      const rows = await connection.query<Pick<Permission, 'origin' | 'tool' | 'digest'>>(text, [
        storedKey(conversation),
        keyDigest(person),
      ]);
      return rows.map(({ origin, tool, digest }) => ({ conversation, person, origin, tool, digest }));
    },
    async revoke(conversation, person) {
      const text = 'DELETE FROM tool_permissions WHERE conversation = $1 AND person = $2';
      await connection.query(text, [storedKey(conversation), keyDigest(person)]);
    },
  };
}

async function findApproval(connection: Connection, id: string): Promise<Approval | undefined> {
  if (!ID.test(id)) return undefined;
  const text = `SELECT ${COLUMNS} FROM approvals WHERE id = $1 AND expires_at > now()`;
  return approvalIn(await connection.query<Row>(text, [id]));
}

/** Resolves with false if it is stored already. Deletes the oldest that waits if there are too many. */
async function addApproval(connection: Connection, approval: Approval): Promise<boolean> {
  const { id, asked } = approval;
  const added = await connection.query(
    `WITH added AS (INSERT INTO approvals (id, conversation, person, approval, expires_at)
       VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms') ON CONFLICT (id) DO NOTHING RETURNING id),
     evicted AS (DELETE FROM approvals WHERE EXISTS (SELECT FROM added) AND decision IS NULL AND id IN
       (SELECT id FROM approvals WHERE conversation = $2 AND person = $3 AND decision IS NULL
        ORDER BY seq DESC OFFSET ${MAX_WAITING_APPROVALS - 1}))
     SELECT id FROM added`,
    [id, storedKey(asked.key), keyDigest(asked.personKey), storableJson(approval), APPROVAL_MS],
  );
  return added.length > 0;
}

async function addPermission(
  connection: Connection,
  { conversation, person, origin, tool, digest }: Permission,
  approvalId: string,
): Promise<void> {
  // The lock makes a concurrent `forget` wait for the permission, which it then deletes.
  const text = `INSERT INTO tool_permissions (conversation, person, origin, tool, digest)
     SELECT $1, $2, $3, $4, $5 FROM approvals WHERE id = $6 FOR KEY SHARE ON CONFLICT DO NOTHING`;
  await connection.query(text, [storedKey(conversation), keyDigest(person), origin, tool, digest, approvalId]);
}

/** Takes decisions back, unless a turn has claimed the call. */
export async function reopenApprovals(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query('UPDATE approvals SET decision = NULL WHERE id = ANY($1::text[]) AND turn IS NULL', [ids]);
}

/** Takes the decisions of a conversation back that no turn has claimed. */
export async function reopenApprovalsOf(sql: Sql, conversation: string): Promise<void> {
  const text = 'UPDATE approvals SET decision = NULL WHERE conversation = $1 AND turn IS NULL AND decision IS NOT NULL';
  await sql.query(text, [storedKey(conversation)]);
}

/** Deletes the undecided approvals of a conversation. */
export async function withdrawApprovals(sql: Sql, conversation: string): Promise<void> {
  await sql.query('DELETE FROM approvals WHERE conversation = $1 AND decision IS NULL', [storedKey(conversation)]);
}

/** Deletes the approvals and permissions of a conversation, in this order: see `addPermission`. */
export async function forgetApprovals(sql: Sql, conversation: string): Promise<void> {
  for (const table of ['approvals', 'tool_permissions'])
    await sql.query(`DELETE FROM ${table} WHERE conversation = $1`, [storedKey(conversation)]);
}

/** Only the bot writes these rows, but another release may have written them. */
function approvalIn([row]: readonly Row[]): Approval | undefined {
  const { id, tool, argumentsText, asked } = fieldsOf(row?.approval);
  const areTexts = [id, tool, argumentsText].every((each) => typeof each === 'string');
  if (row === undefined || !areTexts || !isReference(fieldsOf(asked)['reference'])) return undefined;
  return { ...(row.approval as Approval), decision: row.decision ?? undefined, turnId: row.turn ?? undefined };
}
