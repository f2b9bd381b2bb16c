import type { McpServerSettings } from '../config/mcp-settings.ts';
import type { ToolsSettings } from '../config/tools-settings.ts';
import { Documents } from './documents/documents.ts';
import type { McpServer, McpServerDeps } from './mcp/mcp-server.ts';
import type { Tool } from './tool.ts';
import { DefinitionError, FunctionsError } from './tool-error.ts';
import { Tools } from './tools.ts';

/** Creates the sources of tools. Modules that take long to load are loaded after the start. */
export function openTools(settings: ToolsSettings, deps: McpServerDeps): Tools {
  const { clock, log } = deps;
  const documents = settings.documents && new Documents({ settings: settings.documents, clock, log });
  let ownTools: Promise<readonly Tool[]> | undefined;
  return new Tools({
    loadOwnTools() {
      ownTools ??= loadOwnTools(settings, documents);
      return ownTools;
    },
    documents,
    openServers: () => openServers(settings.servers, deps),
    log,
  });
}

async function loadOwnTools(
  { hasExamples }: ToolsSettings,
  documents: Documents | undefined,
): Promise<readonly Tool[]> {
  const { EXAMPLE_FUNCTIONS, FUNCTIONS } = await import('./functions/functions.ts').catch((cause: unknown) => {
    throw new FunctionsError(cause);
  });
  const functions = hasExamples ? [...FUNCTIONS, ...EXAMPLE_FUNCTIONS] : FUNCTIONS;
  if (documents === undefined) return withUniqueNames(functions);
  const { searchDocuments } = await import('./documents/search-documents.ts');
  return withUniqueNames([...functions, searchDocuments(documents)]);
}

/** Returns the tools. Throws if two have the same name: the model cannot tell them apart. */
function withUniqueNames(tools: readonly Tool[]): readonly Tool[] {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name))
      throw new FunctionsError(new DefinitionError(`functions.ts: two functions have the name "${name}"`));
    names.add(name);
  }
  return tools;
}

async function openServers(settings: readonly McpServerSettings[], deps: McpServerDeps): Promise<McpServer[]> {
  if (settings.length === 0) return [];
  const { McpServer } = await import('./mcp/mcp-server.ts');
  return settings.map((each) => new McpServer(each, deps));
}
