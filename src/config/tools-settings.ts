import type { EnvReader } from './env.ts';
import { readMcpServers, SCOPES, type Scope } from './mcp-settings.ts';

/** The tools that the model may call besides the bot's own functions. */
export type ToolsSettings = Readonly<ReturnType<typeof readTools>>;

/** The folder that the bot searches for answers. */
export interface DocumentsSettings {
  readonly folder: string;
  readonly pollMs: number;
  /** The users who may ask about it. Empty: everybody. */
  readonly users: readonly string[];
  readonly scopes: readonly Scope[];
}

const POLL_MS = 30_000;

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

/** Returns `undefined` if DOCUMENTS_FOLDER is not set. */
function readDocuments(reader: EnvReader): DocumentsSettings | undefined {
  const folder = reader.text('DOCUMENTS_FOLDER');
  const users = reader.list('DOCUMENTS_USERS');
  const named = reader.list('DOCUMENTS_SCOPES');
  const scopes = SCOPES.filter((scope) => named.includes(scope));
  if (!named.every((name) => SCOPES.some((scope) => scope === name)))
    reader.problems.push(`DOCUMENTS_SCOPES is "${named.join(',')}"; expected some of ${SCOPES.join(', ')}`);
  return folder === undefined ? undefined : { folder, pollMs: POLL_MS, users, scopes };
}
