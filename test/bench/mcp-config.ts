import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVERYTHING, FILESYSTEM } from '../tools/mcp-under-test.ts';

/** The settings of a bot with MCP servers, and the folder that holds their file. */
export interface McpConfig {
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** The official servers over stdio, by turns, which ask for no approval. */
export function mcpConfig(servers: number): McpConfig {
  const folder = mkdtempSync(join(tmpdir(), 'bench-mcp-'));
  const mcpServers: Record<string, object> = {};
  for (let index = 0; index < servers; index++) {
    const args = index % 2 === 0 ? [EVERYTHING] : [FILESYSTEM, folder];
    mcpServers[`server${index}`] = { command: process.execPath, args, approval: 'never' };
  }
  const file = join(folder, 'mcp.json');
  writeFileSync(file, JSON.stringify({ mcpServers }));
  return { env: { MCP_CONFIG: file }, remove: () => rmSync(folder, { recursive: true }) };
}
