import '../node-version.js';
import { fileURLToPath } from 'node:url';
import { readOptions } from './read-options.ts';
import { writeWhole } from './whole-file.ts';

// `npm run package`: the bot as a ZIP for App Service, out/bot.zip.

const root = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = 'out/bot.zip';
const USAGE = `Usage: npm run package

Writes ${OUTPUT}, the bot for App Service: it needs Node and nothing else.

  --help   print this`;

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB (${bytes} bytes)`;
}

/** One line for whoever typed it. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return message;
  return 'this needs the packages for development; run npm ci, without --omit=dev';
}

readOptions(USAGE, {});
try {
  // Not above: only what is for development brings esbuild.
  const { makeBotZip } = await import('./bot-zip.ts');
  const { zip, unpackedBytes } = await makeBotZip(root);
  writeWhole(`${root}${OUTPUT}`, zip);
  process.stdout.write(
    `${OUTPUT}: ${inMegabytes(zip.byteLength)}, unpacked ${inMegabytes(unpackedBytes)}\n` +
      `Deploy it: az webapp deploy --resource-group <group> --name <app> --src-path ${OUTPUT} --type zip\n`,
  );
} catch (error) {
  process.stderr.write(`${OUTPUT} was not made: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
