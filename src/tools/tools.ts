import { LRUCache } from 'lru-cache';
import type { Logger } from '../log.ts';
import { lruOptions } from '../lru-options.ts';
import type { Documents } from './documents/documents.ts';
import type { McpServer } from './mcp/mcp-server.ts';
import { mayUse, type Tool, type ToolScope, toolDigest } from './tool.ts';

/** The service's limit for the functions of a session. */
const MAX_TOOLS = 128;
const MAX_SETS = 100;

/** The declaration of a tool for the model. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Tool['parameters'];
}

/** The tools of one turn. The same tools give the same object, so that sessions get only changed lists. */
export interface ToolSet {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly definitions: readonly ToolDefinition[];
  /** The size of the definitions as JSON. */
  readonly definitionBytes: number;
}

export interface ToolSources {
  /** Loads the bot's own functions. The first turn waits for it. */
  readonly functions: () => Promise<readonly Tool[]>;
  /** Loads the tool that searches the documents; empty without documents. */
  readonly search: () => Promise<readonly Tool[]>;
  readonly documents: Documents | undefined;
  readonly openServers: () => Promise<readonly McpServer[]>;
  readonly log: Logger;
}

/** All tools that the model may call: functions, documents, MCP servers. */
export class Tools {
  readonly #sources: ToolSources;
  readonly #sets = new LRUCache<string, ToolSet>(lruOptions(MAX_SETS));
  readonly #digests = new WeakMap<Tool, string>();
  /** The last digest of each tool, by server and name. */
  readonly #pinned = new Map<string, string>();
  /** The digests of tools that the model's service does not accept. */
  readonly #refused = new Set<string>();

  #servers: readonly McpServer[] = [];
  #opening: Promise<void> | undefined;
  #connecting: Promise<void> | undefined;

  constructor(sources: ToolSources) {
    this.#sources = sources;
  }

  /**
   * Connects servers and reads documents in the background. Resolves once each server is connected or down; the bot does
   * not wait for that. Never rejects. Safe to call twice.
   */
  start(): Promise<void> {
    const { documents, openServers, log } = this.#sources;
    documents?.start();
    this.#opening ??= openServers().then(
      (servers) => {
        this.#servers = servers;
      },
      (err: unknown) => log.error({ err }, 'servers of tools not opened'),
    );
    this.#connecting ??= this.#opening.then(async () => {
      await Promise.all(this.#servers.map((server) => server.connect()));
    });
    return this.#connecting;
  }

  /** Loads the functions, so that the first turn does not wait for them. */
  async preload(): Promise<void> {
    await Promise.all([this.#sources.functions(), this.#sources.search()]);
  }

  /** Returns the tools that a person with these ids may use here now. Servers that are down have none. */
  async setFor(ids: readonly string[], scope: ToolScope): Promise<ToolSet> {
    const { functions, search } = this.#sources;
    const own = [...(await functions()), ...(await search())];
    const all = [...own, ...this.#servers.flatMap(({ tools }) => tools)];
    const offered = all.filter((tool) => mayUse(tool, ids, scope) && !this.#refused.has(this.#digestOf(tool)));
    const tools = offered.slice(0, MAX_TOOLS);
    // People see the title, and what is destructive is never allowed for good.
    const key = JSON.stringify(tools.map((tool) => [this.#digestOf(tool), tool.title, tool.isDestructive]));
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set = toSet(tools);
    this.#sets.set(key, set);
    return set;
  }

  /** Leaves out tools that the model's service refuses, until they change. */
  leaveOut({ tools }: ToolSet, names: readonly string[]): void {
    for (const name of names) {
      const tool = tools.get(name);
      if (tool === undefined || this.#refused.has(this.#digestOf(tool))) continue;
      this.#refused.add(this.#digestOf(tool));
      this.#sources.log.warn({ tool: name }, 'tool left out: refused by the service');
    }
  }

  /** Closes the servers and ends the documents' thread. Safe to call twice. */
  async close(): Promise<void> {
    await this.#opening;
    await Promise.all([this.#sources.documents?.close(), ...this.#servers.map((server) => server.close())]);
  }

  /** A changed tool has another digest, so that users are asked again. */
  #digestOf(tool: Tool): string {
    const known = this.#digests.get(tool);
    if (known !== undefined) return known;
    const pin = JSON.stringify([tool.origin, tool.name]);
    const digest = `${pin} ${toolDigest(tool)}`;
    const pinned = this.#pinned.get(pin);
    if (pinned !== undefined && pinned !== digest) this.#sources.log.warn({ tool: tool.name }, 'tool has changed');
    this.#pinned.set(pin, digest);
    this.#digests.set(tool, digest);
    return digest;
  }
}

/** The model cannot tell two tools of one name apart, so the first one counts. */
function toSet(tools: readonly Tool[]): ToolSet {
  const byName = new Map<string, Tool>();
  for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  const definitions = [...byName.values()].map(({ name, description, parameters }) => {
    return { name, description, parameters };
  });
  const definitionBytes = definitions.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(definitions));
  return { tools: byName, definitions, definitionBytes };
}
