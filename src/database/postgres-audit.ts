import { conversationId, personId } from '../conversation/keys.ts';
import type { AuditEntry, AuditEvent, AuditStore } from '../tools/audit.ts';
import type { Connection } from './connection.ts';

interface Row {
  readonly at_ms: string;
  readonly event: AuditEvent;
  readonly turn: string;
  readonly conversation: string;
  readonly asker: string;
  readonly decider: string | null;
  readonly tool: string;
  readonly origin: string;
  readonly arguments_hash: string;
}

/** The audit that all instances share. It names people and conversations by digests. */
export function createPostgresAudit(connection: Connection): AuditStore {
  return {
    async append({ event, turnId, conversation, asker, decider, tool, origin, argumentsHash }) {
      await connection.query(
        `INSERT INTO tool_audit (event, turn, conversation, asker, decider, tool, origin, arguments_hash)
         SELECT $1, $2, CASE WHEN is_forgotten THEN '' ELSE $3 END, CASE WHEN is_forgotten THEN '' ELSE $4 END,
           CASE WHEN is_forgotten THEN NULL ELSE $5 END, $6, $7, $8
         FROM (SELECT EXISTS (SELECT FROM tool_audit WHERE turn = $2 AND conversation = '') AS is_forgotten) earlier`,
        [
          event,
          turnId,
          conversationId(conversation),
          personId(asker),
          decider === undefined ? null : personId(decider),
          tool,
          origin,
          argumentsHash,
        ],
      );
    },
    async ofTurn(turnId) {
      const text = `SELECT (extract(epoch FROM at) * 1000)::bigint::text AS at_ms, event, turn, conversation, asker,
           decider, tool, origin, arguments_hash FROM tool_audit WHERE turn = $1 ORDER BY seq`;
      return (await connection.query<Row>(text, [turnId])).map(entryOf);
    },
    async pseudonymise(conversation) {
      const text = `UPDATE tool_audit SET conversation = '', asker = '', decider = NULL WHERE conversation = $1`;
      await connection.query(text, [conversationId(conversation)]);
    },
  };
}

function entryOf(row: Row): AuditEntry {
  return {
    atMs: Number(row.at_ms),
    event: row.event,
    turnId: row.turn,
    conversation: row.conversation,
    asker: row.asker,
    decider: row.decider ?? undefined,
    tool: row.tool,
    origin: row.origin,
    argumentsHash: row.arguments_hash,
  };
}
