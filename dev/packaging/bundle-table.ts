import { TEAMS_LIBRARY_FILE } from '../../src/http/pages/scripts.ts';

/** The ZIP for App Service, from the root of the project. */
export const ZIP_FILE = 'out/bot.zip';

/**
 * What App Service runs in the folder of the unpacked ZIP, from a script for `sh`. Without `exec` that shell would get
 * SIGTERM, and the bot would be killed in the middle of an answer.
 */
export const START_COMMAND = 'exec node dist/index.js';

/**
 * Programs, and workers as well: each becomes a file of its own in `dist`, by the name before the colon. A worker has
 * to be called as its source file is, see `worker-url.ts`.
 */
export const ENTRIES: Readonly<Record<string, string>> = {
  index: 'src/index.ts',
  doctor: 'src/doctor.ts',
  'clip-worker': 'src/audio/clip/clip-worker.ts',
  'picture-worker': 'src/attachments/picture-worker.ts',
};

/** Files of packages that are read at run time. They come along as they are, beside the bundle. */
export const ASSETS: readonly string[] = [TEAMS_LIBRARY_FILE];
