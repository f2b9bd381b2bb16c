import { LRUCache } from 'lru-cache';
import type { Scope } from '../config/mcp-settings.ts';
import { unlessAborted } from '../deadline.ts';
import type { Logger } from '../log.ts';
import { lruOptions } from '../lru-options.ts';
import type { Documents } from './documents/documents.ts';
import type { McpServer } from './mcp/mcp-server.ts';
import { mayUse, type Tool } from './tool.ts';
import { ToolPins } from './tool-pins.ts';

/** The service's limit for the functions of a session. */
const MAX_TOOLS = 128;
const MAX_SETS = 100;
const MAX_REJECTED = 1_000;

/** The declaration of a tool for the model. */
type FunctionDefinition = Pick<Tool, 'name' | 'description' | 'parameters'>;

/** The tools of one turn. The same tools give the same object, so that sessions get only changed lists. */
export interface ToolSet {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly definitions: readonly FunctionDefinition[];
  /** The size of the definitions as JSON. */
  readonly definitionBytes: number;
}

interface ToolSources {
  /** Loads the bot's own tools: its functions and the search of the documents. The first turn waits for it. */
  readonly loadOwnTools: () => Promise<readonly Tool[]>;
  readonly documents: Documents | undefined;
  readonly openServers: () => Promise<readonly McpServer[]>;
  readonly log: Logger;
}

/** All tools that the model may call: the bot's own and those of MCP servers. */
export class Tools {
  readonly #sources: ToolSources;
  readonly #sets = new LRUCache<string, ToolSet>(lruOptions(MAX_SETS));
  readonly #pins: ToolPins;
  /** The versions of tools that the model's service rejects: see `ToolPins`. */
  readonly #rejected = new LRUCache<string, true>(lruOptions(MAX_REJECTED));

  #servers: readonly McpServer[] = [];
  #opening: Promise<void> | undefined;
  #connecting: Promise<void> | undefined;

  constructor(sources: ToolSources) {
    this.#sources = sources;
    this.#pins = new ToolPins(sources.log);
  }

  /**
   * Connects servers and reads documents in the background. Resolves once each server is connected or down; the bot
   * does not wait for that. Never rejects. Safe to call twice.
   */
  start(): Promise<void> {
    const { documents, openServers, log } = this.#sources;
    documents?.start();
    this.#opening ??= openServers().then(
      (servers) => {
        this.#servers = servers;
      },
      (err: unknown) => log.error({ err }, 'MCP servers not opened'),
    );
    this.#connecting ??= this.#opening.then(async () => {
      await Promise.all(this.#servers.map((server) => server.connect()));
    });
    return this.#connecting;
  }

  /**
   * Resolves once the first attempt to connect each server has ended, at once if that is so or `start` was not called.
   * Rejects with the reason of `signal`.
   */
  async waitForServers(signal: AbortSignal): Promise<void> {
    const connecting = this.#connecting;
    if (connecting !== undefined) await unlessAborted(signal, () => connecting);
  }

  /** Loads the bot's own tools. Rejects with a FunctionsError if one of its functions cannot be used. */
  async preload(): Promise<void> {
    await this.#sources.loadOwnTools();
  }

  /** Returns the tools that a person with these ids may use here now. */
  async setFor(ids: readonly string[], scope: Scope): Promise<ToolSet> {
    const all = [...(await this.#sources.loadOwnTools()), ...this.#servers.flatMap(({ tools }) => tools)];
    const offered = all.filter((tool) => mayUse(tool, ids, scope) && !this.#rejected.has(this.#pins.versionOf(tool)));
    const key = offered.map((tool) => this.#pins.versionOf(tool)).join();
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set = this.#toSet(offered);
    this.#sets.set(key, set);
    return set;
  }

  /** Returns the names of the servers that these people may use here, but that cannot be reached now. */
  downServers(ids: readonly string[], scope: Scope): readonly string[] {
    return this.#servers
      .filter(({ status, settings }) => status.kind === 'down' && mayUse({ access: settings }, ids, scope))
      .map(({ settings }) => settings.name);
  }

  /** Returns the name of the server of this origin if it has not listed its tools since the start. */
  unlistedServer(origin: string): string | undefined {
    return this.#servers.find(({ settings, hasListed }) => settings.origin === origin && !hasListed)?.settings.name;
  }

  /** Leaves out tools that the model's service rejects, until they change. */
  leaveOut({ tools }: ToolSet, names: readonly string[]): void {
    for (const name of names) {
      const tool = tools.get(name);
      if (tool === undefined || this.#rejected.has(this.#pins.versionOf(tool))) continue;
      this.#rejected.set(this.#pins.versionOf(tool), true);
      this.#sources.log.warn({ tool: name }, 'tool left out: rejected by the service');
    }
  }

  /** Closes the servers and ends the documents' thread. Safe to call twice. */
  async close(): Promise<void> {
    await this.#opening;
    await Promise.all([this.#sources.documents?.close(), ...this.#servers.map((server) => server.close())]);
  }

  /** The model cannot tell two tools of one name apart, so the first one counts. */
  #toSet(offered: readonly Tool[]): ToolSet {
    const tools = new Map<string, Tool>();
    const leftOut: string[] = [];
    for (const tool of offered) {
      if (tools.has(tool.name) || tools.size === MAX_TOOLS) leftOut.push(tool.name);
      else tools.set(tool.name, this.#pins.isPinned(tool) ? tool : { ...tool, approval: 'ask' });
    }
    if (leftOut.length > 0) {
      const reason = `another has its name, or there are more than ${MAX_TOOLS}`;
      this.#sources.log.warn({ tools: leftOut.slice(0, MAX_TOOLS), count: leftOut.length, reason }, 'tools left out');
    }
    const definitions = [...tools.values()].map(({ name, description, parameters }) => {
      return { name, description, parameters };
    });
    const definitionBytes = definitions.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(definitions));
    return { tools, definitions, definitionBytes };
  }
}
