import { TEAMS_LIBRARY_FILE } from '../../src/http/pages/teams-library.ts';

/** The ZIP for App Service, relative to the root of the project. */
export const ZIP_FILE = 'out/bot.zip';

/**
 * App Service runs this in a `sh` script, in the folder of the unpacked ZIP. Without `exec` the shell would get
 * SIGTERM, and the bot would be killed in the middle of an answer.
 */
export const START_COMMAND = 'exec node dist/index.js';

/**
 * Programs and workers: each becomes a file in `dist` with the name of its key. The key of a worker has to be the name
 * of its source file, see `worker-url.ts`.
 */
export const ENTRIES: Readonly<Record<string, string>> = {
  index: 'src/index.ts',
  doctor: 'src/doctor.ts',
  'clip-worker': 'src/audio/clip/clip-worker.ts',
  'picture-worker': 'src/attachments/picture-worker.ts',
  'documents-worker': 'src/tools/documents/documents-worker.ts',
};

/** Files of packages that the bot reads at run time. They are copied next to the bundle. */
export const ASSETS: readonly string[] = [TEAMS_LIBRARY_FILE];
