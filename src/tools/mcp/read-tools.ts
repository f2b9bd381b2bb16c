import type { McpServerSettings } from '../../config/mcp-settings.ts';
import type { Logger } from '../../log.ts';
import type { Tool } from '../tool.ts';
import { readListedTool } from './list-tools.ts';
import { type CallServer, mcpTool } from './mcp-tool.ts';

/** Converts a server's list, and logs what is left out. `unknownNames`: tools in the server's entry that are not in the list. */
export function readTools(
  listed: readonly unknown[],
  settings: McpServerSettings,
  call: CallServer,
  log: Logger,
): { readonly tools: readonly Tool[]; readonly unknownNames: readonly string[] } {
  const tools = new Map<string, Tool>();
  const unknownNames = new Set([...settings.allow, ...settings.readOnly]);
  for (const each of listed) {
    const read = readListedTool(each);
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
