import { personId } from '../conversation/keys.ts';
import { fieldsOf } from '../json-access.ts';
import { storableJson } from '../storable-json.ts';
import type { Approval, ApprovalStore, Decision, Permission } from '../tools/approvals/approval.ts';
import type { Connection } from './connection.ts';
import { storedKey } from './names.ts';

/** Ids come from the buttons of cards: others are not looked up. */
const ID = /^[\w-]{16,64}$/;

interface Row {
  readonly approval: unknown;
  readonly decision: unknown;
}

/** Approvals and permissions that all instances share. */
export function createPostgresApprovals(connection: Connection): ApprovalStore {
  return {
    async add(approval) {
      const { id, conversation, asker, expiresAtMs, decision: _, ...rest } = approval;
      await connection.query(
        `INSERT INTO approvals (id, conversation, asker, approval, expires_at)
         VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0)) ON CONFLICT (id) DO NOTHING`,
        [
          ...[id, storedKey(conversation), personId(asker)],
          ...[storableJson({ ...rest, id, conversation, asker, expiresAtMs }), expiresAtMs],
        ],
      );
    },
    async find(id) {
      if (!ID.test(id)) return undefined;
      const text = 'SELECT approval, decision FROM approvals WHERE id = $1 AND expires_at > now()';
      return approvalIn(await connection.query<Row>(text, [id]));
    },
    async findWaiting(conversation, asker) {
      const text = `SELECT approval, decision FROM approvals
         WHERE conversation = $1 AND asker = $2 AND decision IS NULL AND expires_at > now() ORDER BY seq DESC LIMIT 1`;
      return approvalIn(await connection.query<Row>(text, [storedKey(conversation), personId(asker)]));
    },
    async decide(id, decision) {
      if (!ID.test(id)) return undefined;
      const text = `UPDATE approvals SET decision = coalesce(decision, $2)
         WHERE id = $1 AND expires_at > now() RETURNING approval, decision`;
      return approvalIn(await connection.query<Row>(text, [id, storableJson(decision)]));
    },
    async allow(permission) {
      const text = `INSERT INTO tool_permissions (conversation, asker, origin, tool, digest)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`;
      await connection.query(text, permissionValues(permission));
    },
    async isAllowed(permission) {
      const text = `SELECT 1 FROM tool_permissions
         WHERE conversation = $1 AND asker = $2 AND origin = $3 AND tool = $4 AND digest = $5`;
      return (await connection.query(text, permissionValues(permission))).length > 0;
    },
    async forget(conversation) {
      for (const table of ['approvals', 'tool_permissions'])
        await connection.query(`DELETE FROM ${table} WHERE conversation = $1`, [storedKey(conversation)]);
    },
  };
}

function permissionValues({ conversation, asker, origin, tool, digest }: Permission): readonly string[] {
  return [storedKey(conversation), personId(asker), origin, tool, digest];
}

/** Nobody but the bot writes there. */
function approvalIn([row]: readonly Row[]): Approval | undefined {
  if (row === undefined || typeof fieldsOf(row.approval)['id'] !== 'string') return undefined;
  const decision = (row.decision ?? undefined) as Decision | undefined;
  return { ...(row.approval as Omit<Approval, 'decision'>), decision };
}
