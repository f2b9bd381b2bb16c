import type { CallToolResult, Tool as SdkTool, Transport } from '@modelcontextprotocol/client';
import { Client, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import type { Clock } from '../../clock.ts';
import type { McpServerSettings } from '../../config/mcp-settings.ts';
import { withDeadline } from '../../deadline.ts';
import type { Build } from '../../installation.ts';
import type { Logger } from '../../log.ts';
import type { CallContext, Tool, ToolArguments, ToolOutput } from '../tool.ts';
import { ToolError, type ToolErrorCode } from '../tool-error.ts';
import { httpTransport } from './http-transport.ts';
import { listTools, readTools } from './list-tools.ts';
import { failureOfCall, type McpFailure, mcpFailureOf, mcpReason } from './mcp-failure.ts';
import { mcpOutput } from './mcp-output.ts';
import type { CallServer, ServerTool } from './mcp-tool.ts';
import { stdioTransport } from './stdio-transport.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
/** A connection that lasted longer than this resets the backoff. */
const STABLE_AFTER_MS = 60_000;

export interface McpServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Returns a number from 0 up to 1, which spreads the attempts of several instances. */
  readonly random: () => number;
  /** Gets access tokens for a scope. */
  readonly tokens: (scope: string) => () => Promise<string>;
  /** Uses the proxy of the process: see `setDefaultProxy`. */
  readonly fetch: typeof fetch;
  /** Servers get the bot's version. */
  readonly build: Build;
}

/** The state of a server, for operators. `unknownNames`: its entry allows tools that it does not have. */
type McpStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly unknownNames: readonly string[] }
  | { readonly kind: 'down'; readonly reason: string };

/**
 * One server. It is connected in the background, lists its tools, runs calls, and is reconnected when the connection is
 * lost. While it is down it keeps its tools: the prompt stays the same, and a call tells the model that it is down.
 */
export class McpServer {
  readonly settings: McpServerSettings;
  /** Whether it has listed its tools since the start of the process. */
  hasListed = false;
  readonly #deps: McpServerDeps;
  readonly #log: Logger;
  #client: Client | undefined;
  /** The transport that is connecting. */
  #connectingTransport: Transport | undefined;
  /** The number of running calls of each open client. */
  readonly #callCounts = new Map<Client, number>();
  #tools: readonly Tool[] = [];
  #status: McpStatus = { kind: 'connecting' };
  #connecting: Promise<void> | undefined;
  #failures = 0;
  #connectedAtMs: number | undefined;
  #cancelRetry = () => {};
  #isClosed = false;

  constructor(settings: McpServerSettings, deps: McpServerDeps) {
    this.settings = settings;
    this.#deps = deps;
    this.#log = deps.log.child({ server: settings.name });
  }

  /** The tools of the newest list; none before the first one. */
  get tools(): readonly Tool[] {
    return this.#tools;
  }

  get status(): McpStatus {
    return this.#status;
  }

  /** Connects and lists the tools unless it does or has. Never rejects: failures are retried with backoff. */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Closes the connection and ends the program of a stdio server. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#tools = [];
    // A silent server would hold up the shutdown until its time limit.
    await this.#connectingTransport?.close().catch(() => {});
    await this.#connecting;
    const clients = [...this.#callCounts.keys()];
    this.#client = undefined;
    this.#callCounts.clear();
    await Promise.all(clients.map((client) => client.close().catch(() => {})));
  }

  async #connect(): Promise<void> {
    if (this.#isClosed || this.#client !== undefined) return;
    this.#cancelRetry();
    const client = this.#createClient();
    const transport = this.#openTransport();
    this.#connectingTransport = transport;
    let isConnected = false;
    try {
      await this.#withinTimeLimit(async (signal) => {
        await client.connect(transport, { timeout: CONNECT_TIMEOUT_MS, signal });
        signal.throwIfAborted();
        isConnected = true;
        this.#client = client;
        this.#callCounts.set(client, 0);
        client.onclose = () => this.#onLost(client, 'closed');
        await this.#list(client, signal);
      });
      this.#connectedAtMs = this.#deps.clock.now();
    } catch (error) {
      if (isConnected) this.#onLost(client, mcpReason(error));
      else {
        await client.close().catch(() => {});
        this.#onDown(mcpReason(error));
      }
    } finally {
      this.#connectingTransport = undefined;
    }
  }

  /** The client declares no capabilities, so that servers send it no requests. */
  #createClient(): Client {
    const info = { name: 'realtime-voice-bot', version: this.#deps.build.version };
    const onChanged = (error: Error | null) => void (error === null && this.#relist());
    const listChanged = { tools: { autoRefresh: false, onChanged } };
    // Negotiation starts a stdio server twice, and takes the whole time limit if it does not answer.
    const isHttp = this.settings.transport.kind === 'http';
    return new Client(info, isHttp ? { listChanged, versionNegotiation: { mode: 'auto' } } : { listChanged });
  }

  #openTransport(): Transport {
    const { transport } = this.settings;
    if (transport.kind === 'stdio') return stdioTransport(transport);
    const { entraScope } = transport;
    const { fetch, tokens } = this.#deps;
    return httpTransport(transport, { fetch, token: entraScope === undefined ? undefined : tokens(entraScope) });
  }

  /** A changed list applies from the next turn: running turns keep the tools that they began with. */
  async #relist(): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#isClosed) return;
    const listing = this.#withinTimeLimit((signal) => this.#list(client, signal));
    await listing.catch((error: unknown) => this.#onLost(client, mcpReason(error)));
  }

  async #list(client: Client, signal: AbortSignal): Promise<void> {
    const listed = await listTools(client, { timeout: CONNECT_TIMEOUT_MS, signal });
    if (this.#client !== client) return;
    const call: CallServer = (tool) => (args, context) => this.#call(tool, args, context);
    const { tools, unknownNames } = readTools(listed, this.settings, call, this.#log);
    this.#tools = tools;
    this.hasListed = true;
    this.#status = { kind: 'connected', unknownNames };
    this.#log.info({ count: tools.length }, 'tools listed');
  }

  /**
   * Limits connecting and listing together, however many pages the list has. The SDK passes the signal to requests, but
   * not to the notification that ends the handshake.
   */
  #withinTimeLimit(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = () => new SdkError(SdkErrorCode.RequestTimeout, 'not connected in time');
    return withDeadline({ clock: this.#deps.clock, limitMs: CONNECT_TIMEOUT_MS, late }, work);
  }

  async #call(tool: ServerTool, args: ToolArguments, call: CallContext): Promise<ToolOutput> {
    const result = await this.#request(tool, args, call);
    const output = mcpOutput(result);
    if (result.isError === true) throw new ToolError('tool_failed', output.text || 'The tool failed without a reason.');
    return output;
  }

  /** Repeats the call once if the server did not receive it, or the connection was lost and the tool is read-only. */
  async #request(tool: ServerTool, args: ToolArguments, call: CallContext): Promise<CallToolResult> {
    const client = this.#client;
    if (client === undefined) throw this.#toolError('notReceived');
    try {
      return await this.#send(client, tool, args, call);
    } catch (error) {
      call.signal.throwIfAborted();
      const failure = await failureOfCall(client, error, CONNECT_TIMEOUT_MS);
      if (failure === 'notReceived' || failure === 'lost') this.#onLost(client, mcpReason(error));
      const mayRepeat = failure === 'notReceived' || (failure === 'lost' && tool.isReadOnly);
      if (!mayRepeat) throw this.#toolError(failure, error);
    }
    if (this.#client === undefined) await this.connect();
    if (this.#client === undefined) throw this.#toolError('notReceived');
    try {
      return await this.#send(this.#client, tool, args, call);
    } catch (error) {
      call.signal.throwIfAborted();
      throw this.#toolError(mcpFailureOf(error), error);
    }
  }

  #send(
    client: Client,
    { name, parameters }: ServerTool,
    args: ToolArguments,
    { signal, userId }: CallContext,
  ): Promise<CallToolResult> {
    const { timeoutMs: timeout, passUser } = this.settings;
    const meta = passUser && userId !== undefined ? { _meta: { 'realtime-voice-bot/user': userId } } : {};
    const params = { name, arguments: { ...args }, ...meta };
    // Without an output schema, the SDK does not check structured results: the text of one that fails is still useful.
    const toolDefinition = { name, inputSchema: parameters as SdkTool['inputSchema'] };
    const options = { timeout, maxTotalTimeout: timeout, signal, toolDefinition };
    return this.#keepingOpen(client, () => client.callTool(params, options));
  }

  /** Keeps a client that is lost meanwhile open: the call may still get its answer. */
  async #keepingOpen<T>(client: Client, call: () => Promise<T>): Promise<T> {
    const count = (change: number) => this.#callCounts.set(client, (this.#callCounts.get(client) ?? 0) + change);
    count(1);
    try {
      return await call();
    } finally {
      count(-1);
      this.#closeUnused(client);
    }
  }

  #toolError(failure: McpFailure, cause?: unknown): ToolError {
    const { name, timeoutMs } = this.settings;
    const failed = (code: ToolErrorCode, message: string) => new ToolError(code, message, { cause });
    switch (failure) {
      case 'timeout':
        return failed('tool_timeout', `No result after ${timeoutMs / 1000} s.`);
      case 'lost':
        return failed('outcome_unknown', 'The connection was lost: it is not known whether it was done.');
      case 'notReceived':
      case 'refused':
        return failed('tool_unavailable', `The server "${name}" cannot be reached at the moment.`);
      case 'unclear':
        return failed('outcome_unknown', `The server "${name}" gave no usable answer: it may have been done.`);
      case 'failed':
        return failed('tool_failed', `The server "${name}" answered with an error.`);
    }
  }

  /** Counts the loss of a connection once, although its end, the list of tools and every call may report it. */
  #onLost(client: Client, reason: string): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = undefined;
    this.#closeUnused(client);
    this.#onDown(reason);
  }

  #closeUnused(client: Client): void {
    if (this.#client === client || (this.#callCounts.get(client) ?? 0) > 0) return;
    this.#callCounts.delete(client);
    void client.close().catch(() => {});
  }

  #onDown(reason: string): void {
    if (this.#isClosed) return;
    this.#status = { kind: 'down', reason };
    // A server that ends soon after each start is started less and less often.
    const nowMs = this.#deps.clock.now();
    if (nowMs - (this.#connectedAtMs ?? nowMs) > STABLE_AFTER_MS) this.#failures = 0;
    this.#connectedAtMs = undefined;
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures++, MAX_BACKOFF_MS);
    const waitMs = Math.round(backoffMs * (0.5 + this.#deps.random() / 2));
    this.#log.warn({ reason, retryInMs: waitMs }, 'MCP server not connected');
    this.#cancelRetry = this.#deps.clock.after(waitMs, () => void this.connect());
  }
}
