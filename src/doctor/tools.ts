import { findBuild } from '../installation.ts';
import { createLogger } from '../log.ts';
import { type CheckContext, type Finding, fail, pass, skipped, warn } from './check.ts';

const PROGRAM_FIX =
  'In production, run such servers as another user or in a container of their own, and name their address under "url".';

/** Connects each server of `MCP_CONFIG` as the bot does, and counts its tools. */
export async function checkMcpServers({ config, clock, tokens }: CheckContext): Promise<Finding> {
  const { servers: settings } = config.tools;
  if (settings.length === 0) return skipped('MCP_CONFIG is not set: no tool servers');
  const { McpServer } = await import('../tools/mcp/mcp-server.ts');
  const deps = { clock, tokens, fetch, log: createLogger('silent'), random: Math.random, build: findBuild() };
  const servers = settings.map((each) => new McpServer(each, deps));
  try {
    const results = await Promise.all(
      servers.map(async (server) => {
        const startedAtMs = clock.now();
        await server.connect();
        return { server, tookMs: clock.now() - startedAtMs };
      }),
    );
    const down = results.flatMap(({ server: { settings, status } }) =>
      status.kind === 'down' ? [`${settings.name} (${status.reason})`] : [],
    );
    const up = results.flatMap(({ server: { settings, tools }, tookMs }) => {
      const asking = tools.filter(({ approval }) => approval === 'ask').length;
      return tools.length === 0 ? [] : [`${settings.name}: ${tools.length} tools, ${asking} of them ask, ${tookMs} ms`];
    });
    if (down.length > 0)
      return fail(
        `not connected: ${down.join(', ')}`,
        'Start the server, or correct its entry in the file MCP_CONFIG.',
      );
    // Without an app id the bot serves its developer.
    const programs = settings.filter(({ transport }) => config.isAuthenticated && transport.kind === 'stdio');
    if (programs.length === 0) return pass(up.join('; '));
    const names = programs.map(({ name }) => name).join(', ');
    return warn(`${up.join('; ')}; programs that can read the bot's environment: ${names}`, PROGRAM_FIX);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

/** Reads the folder of documents as the bot does. */
export async function checkDocuments({ config, clock }: CheckContext): Promise<Finding> {
  const { documents: settings } = config.tools;
  if (settings === undefined) return skipped('DOCUMENTS_FOLDER is not set: no documents');
  const { FolderIndex, MAX_INDEX_BYTES } = await import('../tools/documents/folder-index.ts');
  const startedAtMs = clock.now();
  try {
    const index = new FolderIndex({ folder: settings.folder, maxBytes: MAX_INDEX_BYTES, skipped: new Map() });
    const { documents, chunks, leftOut } = await index.update();
    const message = `${documents} documents in ${chunks} pieces, read in ${clock.now() - startedAtMs} ms`;
    const [first] = leftOut;
    if (first === undefined) return pass(message);
    return warn(
      `${message}; ${leftOut.length} left out, such as ${first.path}: ${first.reason}`,
      'Repair or remove the files that are left out; the log of the bot names them.',
    );
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? error);
    return fail(`the folder cannot be read: ${code}`, 'Set DOCUMENTS_FOLDER to a folder that the bot may read.');
  }
}
