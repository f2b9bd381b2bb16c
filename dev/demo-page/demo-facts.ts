/** What the page shows about the bot. */
export interface DemoFacts {
  /** The configured voice, such as `alloy`. */
  readonly voice: string;
  /** Whether `MCP_CONFIG` names a file of tool servers. */
  readonly hasMcpServers: boolean;
}
