import { findBuild } from '../installation.ts';
import type { McpServer } from '../tools/mcp/mcp-server.ts';
import { type CheckContext, type Finding, fail, pass, skipped, warn } from './check.ts';

const PROGRAM_FIX =
  'In production, run such servers as another user or in a container of their own, and name their address under "url".';

/** Connects each server of `MCP_CONFIG` as the bot does, and counts its tools. */
export async function checkMcpServers({ config, clock, log, tokens }: CheckContext): Promise<Finding> {
  const { servers: settings } = config.tools;
  if (settings.length === 0) return skipped('MCP_CONFIG is not set: no tool servers');
  const { McpServer } = await import('../tools/mcp/mcp-server.ts');
  const deps = { clock, tokens, fetch, log, random: Math.random, build: findBuild() };
  const servers = settings.map((each) => new McpServer(each, deps));
  try {
    const results = await Promise.all(
      servers.map(async (server) => {
        const startedAtMs = clock.now();
        await server.connect();
        return { server, tookMs: clock.now() - startedAtMs };
      }),
    );
    const up = results.filter(({ server }) => server.status.kind !== 'down').map(countTools);
    const down = servers.flatMap(({ settings: { name }, status }) =>
      status.kind === 'down' ? [`${name} (${status.reason})`] : [],
    );
    if (down.length > 0) {
      const message = [`not connected: ${down.join(', ')}`, ...up].join('; ');
      return fail(message, 'Start the server, or correct its entry in the file MCP_CONFIG.');
    }
    const doubts = doubtsAbout(servers, config.isAuthenticated);
    if (doubts.length === 0) return pass(up.join('; '));
    return warn([...up, ...doubts.map(({ message }) => message)].join('; '), doubts.map(({ fix }) => fix).join(' '));
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

function countTools({ server, tookMs }: { readonly server: McpServer; readonly tookMs: number }): string {
  const asking = server.tools.filter(({ approval }) => approval === 'ask').length;
  return `${server.settings.name}: ${server.tools.length} tools, ${asking} of them ask, ${tookMs} ms`;
}

/** Returns what is probably wrong although all servers are connected. */
function doubtsAbout(servers: readonly McpServer[], isAuthenticated: boolean) {
  const doubts = servers.flatMap(({ settings: { name }, status }) => {
    if (status.kind !== 'connected' || status.unknownNames.length === 0) return [];
    const message = `${name} has no tools of these names: ${status.unknownNames.join(', ')}`;
    return [{ message, fix: 'Correct the names under "allow" or "readOnly".' }];
  });
  const empty = servers.filter(({ tools }) => tools.length === 0);
  if (empty.length > 0)
    doubts.push({ message: `without tools: ${namesOf(empty)}`, fix: 'Remove the servers that offer none.' });
  // Without an app id the bot serves its developer.
  const programs = servers.filter(({ settings }) => isAuthenticated && settings.transport.kind === 'stdio');
  if (programs.length > 0)
    doubts.push({ message: `programs that can read the bot's environment: ${namesOf(programs)}`, fix: PROGRAM_FIX });
  return doubts;
}

function namesOf(servers: readonly McpServer[]): string {
  return servers.map(({ settings }) => settings.name).join(', ');
}

/** Reads the folder of documents as the bot does. */
export async function checkDocuments({ config, clock }: CheckContext): Promise<Finding> {
  const { documents: settings } = config.tools;
  if (settings === undefined) return skipped('DOCUMENTS_FOLDER is not set: no documents');
  const { FolderIndex } = await import('../tools/documents/folder-index.ts');
  const startedAtMs = clock.now();
  try {
    const index = new FolderIndex({ folder: settings.folder });
    const { documents, chunks, leftOut } = await index.update();
    const message = `${documents} documents in ${chunks} pieces, read in ${clock.now() - startedAtMs} ms`;
    const [first] = leftOut;
    if (first === undefined) return pass(message);
    return warn(
      `${message}; ${leftOut.length} left out, such as ${first.path}: ${first.reason}`,
      'Repair or remove what is left out, or let the bot read it; the log of the bot names it.',
    );
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? error);
    return fail(`the folder cannot be read: ${code}`, 'Set DOCUMENTS_FOLDER to a folder that the bot may read.');
  }
}
