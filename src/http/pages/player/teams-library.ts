import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request, Response } from 'restify';

/** As installed; a test holds it to the file. It stands in the address, which may thus be kept for ever. */
const VERSION = '2.58.0';

/** The file in its package. */
export const TEAMS_LIBRARY_FILE = '@microsoft/teams-js/dist/umd/MicrosoftTeams.min.js';

/** Where the client library of Teams is served. */
export const TEAMS_LIBRARY_PATH = `/assets/teams-js-${VERSION}.min.js`;

/**
 * `GET` and `HEAD` of Teams' client library, from here and from nobody else's server. It is looked for when it is first
 * asked for: without the file, this route alone does not work, and the player goes without Teams' theme.
 */
export function teamsLibraryRoute() {
  let kept: Buffer | undefined;
  return async function serveLibrary(request: Request, response: Response): Promise<void> {
    kept ??= await readFile(libraryFile());
    response.writeHead(200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Length': kept.byteLength,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : kept);
  };
}

/** The one place that knows where the file lies: beside the bundle, which has no packages, else in its package. */
function libraryFile(): string {
  const besideThis = fileURLToPath(new URL(basename(TEAMS_LIBRARY_FILE), import.meta.url));
  return existsSync(besideThis) ? besideThis : createRequire(import.meta.url).resolve(TEAMS_LIBRARY_FILE);
}
