import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request, Response } from 'restify';

/**
 * The installed version, which a test checks. It is part of the address, so that browsers may cache the file for ever.
 */
const VERSION = '2.58.0';

/** The file of Teams' client library in its package. */
export const TEAMS_LIBRARY_FILE = '@microsoft/teams-js/dist/umd/MicrosoftTeams.min.js';

export const TEAMS_LIBRARY_PATH = `/assets/teams-js-${VERSION}.min.js`;

/**
 * Serves Teams' client library, so that pages load no script from other servers. The first request reads the file. If
 * it is missing, only this route fails, and the pages go without Teams' theme.
 */
export function teamsLibraryRoute() {
  let library: Buffer | undefined;
  return async function serveTeamsLibrary(request: Request, response: Response): Promise<void> {
    library ??= await readFile(libraryFile());
    response.writeHead(200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Length': library.byteLength,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : library);
  };
}

/** Finds the file beside the bundle, which has no packages, or else in its package. */
function libraryFile(): string {
  const besideThis = fileURLToPath(new URL(basename(TEAMS_LIBRARY_FILE), import.meta.url));
  return existsSync(besideThis) ? besideThis : createRequire(import.meta.url).resolve(TEAMS_LIBRARY_FILE);
}
