import { LRUCache } from 'lru-cache';
import type { Logger } from '../log.ts';
import { lruOptions } from '../lru-options.ts';
import type { Documents } from './documents/documents.ts';
import type { McpServer } from './mcp/mcp-server.ts';
import { mayUse, type Tool, type ToolScope, toolDigest } from './tool.ts';

/** Of the service, for all functions of a session. */
const MAX_TOOLS = 128;
const MAX_SETS = 100;

/** What the model is told of a tool. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Tool['parameters'];
}

/** The tools of one turn. The same object for the same tools: sessions are told only of another one. */
export interface ToolSet {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly definitions: readonly ToolDefinition[];
}

/** Where the tools come from. */
export interface ToolSources {
  /** The functions of the bot's own; loaded when the first turn needs them, or a little before. */
  readonly functions: () => Promise<readonly Tool[]>;
  /** The tool that searches the documents, where there are any. */
  readonly search: () => Promise<readonly Tool[]>;
  readonly documents: Documents | undefined;
  readonly openServers: () => Promise<readonly McpServer[]>;
  readonly log: Logger;
}

/** All that the model may call: functions, documents, MCP servers. */
export class Tools {
  readonly #sources: ToolSources;
  readonly #sets = new LRUCache<string, ToolSet>(lruOptions(MAX_SETS));
  readonly #digests = new WeakMap<Tool, string>();
  /** By name: what a description and a schema were when they were first seen. */
  readonly #pinned = new Map<string, string>();

  #servers: readonly McpServer[] = [];
  #opening: Promise<void> | undefined;

  constructor(sources: ToolSources) {
    this.#sources = sources;
  }

  /** Connects servers and reads documents, in the background. Safe to call twice. */
  start(): void {
    const { documents, openServers, log } = this.#sources;
    documents?.start();
    this.#opening ??= openServers().then(
      (servers) => {
        this.#servers = servers;
        for (const server of servers) void server.connect();
      },
      (err: unknown) => log.error({ err }, 'servers of tools not opened'),
    );
  }

  /** What a person with these ids may use here, now. Servers that are down have no tools. */
  async setFor(ids: readonly string[], scope: ToolScope): Promise<ToolSet> {
    const { functions, search } = this.#sources;
    const own = [...(await functions()), ...(await search())];
    const all = [...own, ...this.#servers.flatMap(({ tools }) => tools)];
    // Nobody can be asked yet: what needs an approval is not offered.
    const offered = all.filter((tool) => tool.approval === 'never' && mayUse(tool, ids, scope));
    const tools = offered.slice(0, MAX_TOOLS);
    const key = tools.map((tool) => this.#digestOf(tool)).join();
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set = toSet(tools);
    this.#sets.set(key, set);
    return set;
  }

  /** Ends servers and the documents' thread. Safe to call twice. */
  async close(): Promise<void> {
    await this.#opening;
    await Promise.all([this.#sources.documents?.close(), ...this.#servers.map((server) => server.close())]);
  }

  /** Another description or schema is another tool: whoever was allowed to run it without asking is asked again. */
  #digestOf(tool: Tool): string {
    const known = this.#digests.get(tool);
    if (known !== undefined) return known;
    const digest = `${tool.name} ${toolDigest(tool)}`;
    const pinned = this.#pinned.get(tool.name);
    if (pinned !== undefined && pinned !== digest) this.#sources.log.warn({ tool: tool.name }, 'tool has changed');
    this.#pinned.set(tool.name, digest);
    this.#digests.set(tool, digest);
    return digest;
  }
}

/** Two tools of one name would be one to the model: the first one counts. */
function toSet(tools: readonly Tool[]): ToolSet {
  const byName = new Map<string, Tool>();
  for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  const definitions = [...byName.values()].map(({ name, description, parameters }) => {
    return { name, description, parameters };
  });
  return { tools: byName, definitions };
}
