import type { Client, RequestOptions } from '@modelcontextprotocol/client';
import { z } from 'zod';
import type { McpServerSettings } from '../../config/mcp-settings.ts';
import type { Logger } from '../../log.ts';
import type { Tool } from '../tool.ts';
import { type CallServer, LISTED_TOOL, mcpTool } from './mcp-tool.ts';

const MAX_TOOLS = 128;
const MAX_PAGES = 64;

/** A page of `tools/list`. Its tools are checked one by one, so that a malformed one does not cost the others. */
const PAGE = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/** Returns the tools of all pages, until there are more than can be used. Rejects with an error of the SDK. */
export async function listTools(client: Client, options: RequestOptions): Promise<readonly unknown[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const listed: unknown[] = [];
  let params = {};
  for (let page = 0; page < MAX_PAGES && listed.length <= MAX_TOOLS; page++) {
    const { tools, nextCursor: cursor } = await client.request({ method: 'tools/list', params }, PAGE, options);
    listed.push(...tools);
    if (cursor === undefined) break;
    params = { cursor };
  }
  return listed;
}

/**
 * Converts a server's list, and logs what is left out. `unknownNames`: tools in the server's entry that are not in the
 * list.
 */
export function readTools(
  listed: readonly unknown[],
  settings: McpServerSettings,
  call: CallServer,
  log: Logger,
): { readonly tools: readonly Tool[]; readonly unknownNames: readonly string[] } {
  const tools = new Map<string, Tool>();
  const unknownNames = new Set([...settings.allow, ...settings.readOnly]);
  if (listed.length > MAX_TOOLS) log.warn({ count: listed.length }, `only ${MAX_TOOLS} tools used`);
  for (const each of listed.slice(0, MAX_TOOLS)) {
    const { data: read } = LISTED_TOOL.safeParse(each);
    const tool = read && mcpTool(read, settings, call);
    if (read !== undefined) unknownNames.delete(read.name);
    if (tool === undefined) log.warn('tool left out: its definition is malformed');
    else if ('refusal' in tool) log.warn({ tool: read?.name, reason: tool.refusal }, 'tool left out');
    else if (tools.has(tool.name)) log.warn({ tool: read?.name }, 'tool left out: another has its name');
    else tools.set(tool.name, tool);
  }
  if (unknownNames.size > 0) log.warn({ tools: [...unknownNames] }, 'names in MCP_CONFIG ignored: no such tools');
  return { tools: [...tools.values()], unknownNames: [...unknownNames] };
}
