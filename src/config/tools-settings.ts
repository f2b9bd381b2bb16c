import { readDocuments } from './documents-settings.ts';
import type { EnvReader } from './env.ts';
import { readMcpServers } from './mcp-settings.ts';

/** The tools that the model may call besides the bot's own functions. */
export type ToolsSettings = Readonly<ReturnType<typeof readTools>>;

export function readTools(read: EnvReader) {
  return {
    servers: readMcpServers(read),
    documents: readDocuments(read),
    /** Whether the example functions of the demo are offered. */
    hasExamples: read.flag('EXAMPLE_TOOLS', false),
    /** The people who may decide about the calls of others: user ids as in `ALLOWED_USERS`. */
    approvers: read.list('TOOL_APPROVERS'),
    /** How long the database keeps the audit of tool calls. */
    auditRetentionMs: read.whole('TOOL_AUDIT_RETENTION_DAYS', 90, { min: 1, max: 3650 }) * 86_400_000,
  };
}
