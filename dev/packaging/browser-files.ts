import { join } from 'node:path';
import { BROWSER_FILES, bundleBrowserFile } from '../../src/http/pages/browser-file.ts';

/**
 * Bundles the scripts and style sheets of the pages. The keys are paths relative to the compiled `browser-file.ts`;
 * `pages` is the folder of its source. Rejects with the errors of esbuild.
 */
export async function browserFiles(pages: string): Promise<Readonly<Record<string, Uint8Array>>> {
  const files: Record<string, Uint8Array> = {};
  for (const name of BROWSER_FILES) {
    files[`browser/${name}`] = Buffer.from(await bundleBrowserFile(join(pages, 'browser', name)));
  }
  return files;
}
