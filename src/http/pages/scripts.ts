import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request, Response } from 'restify';
import { browserFile } from './browser-file.ts';

/** As installed; a test compares it with the file. It is part of the address, so that browsers may cache it for ever. */
const TEAMS_LIBRARY_VERSION = '2.58.0';

/** The client library of Teams in its package. */
export const TEAMS_LIBRARY_FILE = '@microsoft/teams-js/dist/umd/MicrosoftTeams.min.js';

/** Where the client library of Teams is served. */
export const TEAMS_LIBRARY_PATH = `/assets/teams-js-${TEAMS_LIBRARY_VERSION}.min.js`;

/** Where the recorder is served, beside the recording pages. Browsers load an audio worklet only from an address. */
export const RECORDER_PATH = '/record/recorder.js';

/**
 * `GET` and `HEAD` of Teams' client library, from this server and no other. The file is read at the first request:
 * without it, only this route fails, and the pages go without Teams' theme.
 */
export function teamsLibraryRoute() {
  let library: Buffer | undefined;
  return async function serveTeamsLibrary(request: Request, response: Response): Promise<void> {
    library ??= await readFile(teamsLibraryFile());
    sendScript(request, response, library, 'public, max-age=31536000, immutable');
  };
}

/** `GET` and `HEAD` of the recorder. Not cached: it has to be of the page's version. */
export async function serveRecorder(request: Request, response: Response): Promise<void> {
  sendScript(request, response, Buffer.from(await browserFile('recorder.js')), 'no-store');
}

function sendScript(request: Request, response: Response, script: Buffer, cacheControl: string): void {
  response.writeHead(200, {
    'Content-Type': 'text/javascript; charset=utf-8',
    'Content-Length': script.byteLength,
    'Cache-Control': cacheControl,
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : script);
}

/** Beside the bundle, which has no packages, else in its package. */
function teamsLibraryFile(): string {
  const besideThis = fileURLToPath(new URL(basename(TEAMS_LIBRARY_FILE), import.meta.url));
  return existsSync(besideThis) ? besideThis : createRequire(import.meta.url).resolve(TEAMS_LIBRARY_FILE);
}
