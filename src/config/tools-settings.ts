import { type DocumentsSettings, readDocuments } from './documents-settings.ts';
import type { Env, EnvReader } from './env.ts';
import { type McpServerSettings, readMcpServers } from './mcp-settings.ts';

/** The tools that the model may call besides the bot's own functions. */
export interface ToolsSettings {
  readonly servers: readonly McpServerSettings[];
  readonly documents: DocumentsSettings | undefined;
  /** Whether the example functions of the demo are offered. */
  readonly hasExamples: boolean;
  /** The people who may decide about the calls of others: user ids as in `ALLOWED_USERS`. */
  readonly approvers: readonly string[];
  /** How long the database keeps the audit of tool calls. */
  readonly auditRetentionMs: number;
}

export function readTools(read: EnvReader, env: Env, readText: (path: string) => string): ToolsSettings {
  return {
    servers: readMcpServers(read, env, readText),
    documents: readDocuments(read),
    hasExamples: read.flag('EXAMPLE_TOOLS', false),
    approvers: read.list('TOOL_APPROVERS'),
    auditRetentionMs: read.whole('TOOL_AUDIT_RETENTION_DAYS', 90, { min: 1, max: 3650 }) * 86_400_000,
  };
}
