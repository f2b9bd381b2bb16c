import { readDocuments } from './documents-settings.ts';
import type { EnvReader } from './env.ts';
import { readMcpServers } from './mcp-settings.ts';

/** The tools that the model may call besides the bot's own functions. */
export type ToolsSettings = Readonly<ReturnType<typeof readTools>>;

export function readTools(reader: EnvReader) {
  return {
    servers: readMcpServers(reader),
    documents: readDocuments(reader),
    /** Whether the example functions of the demo are offered. */
    hasExamples: reader.flag('EXAMPLE_TOOLS', false),
    /** The people who may decide about the calls of others: user ids as in `ALLOWED_USERS`. */
    approvers: reader.list('TOOL_APPROVERS'),
    /** How long the database keeps the audit of tool calls. */
    auditRetentionMs: reader.whole('TOOL_AUDIT_RETENTION_DAYS', 90, { min: 1, max: 3650 }) * 86_400_000,
  };
}
