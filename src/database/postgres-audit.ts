import { keyDigest } from '../conversation/keys.ts';
import type { AuditEntry, AuditStore } from '../tools/audit.ts';
import type { Connection, Sql } from './connection.ts';

interface AuditRow extends Omit<AuditEntry, 'decider'> {
  readonly decider: string | null;
}

/** The audit that all instances share. It names people and conversations by digests. */
export function createPostgresAudit(connection: Connection): AuditStore {
  return {
    // If the conversation is forgotten while a turn runs, the later entries of that turn have no names either.
    async append({ event, turnId, conversation, asker, decider, tool, origin, argumentsHash }) {
      await connection.query(
        `INSERT INTO tool_audit (event, turn, conversation, asker, decider, tool, origin, arguments_hash)
         SELECT $1, $2, CASE WHEN is_forgotten THEN '' ELSE $3 END, CASE WHEN is_forgotten THEN '' ELSE $4 END,
           CASE WHEN is_forgotten THEN NULL ELSE $5 END, $6, $7, $8
         FROM (SELECT EXISTS (SELECT FROM tool_audit WHERE turn = $2 AND conversation = '') AS is_forgotten) earlier`,
        [
          event,
          turnId,
          keyDigest(conversation),
          keyDigest(asker),
          decider === undefined ? null : keyDigest(decider),
          tool,
          origin,
          argumentsHash,
        ],
      );
    },
    async ofTurn(turnId) {
      const text = `SELECT round(extract(epoch FROM at) * 1000)::float8 AS "atMs", event, turn AS "turnId", conversation,
           asker, decider, tool, origin, arguments_hash AS "argumentsHash"
         FROM tool_audit WHERE turn = $1 ORDER BY seq`;
      const rows = await connection.query<AuditRow>(text, [turnId]);
      return rows.map((row) => ({ ...row, decider: row.decider ?? undefined }));
    },
    removeNames: (conversation) => removeAuditNames(connection, conversation),
  };
}

export async function removeAuditNames(sql: Sql, conversation: string): Promise<void> {
  const text = `UPDATE tool_audit SET conversation = '', asker = '', decider = NULL WHERE conversation = $1`;
  await sql.query(text, [keyDigest(conversation)]);
}
