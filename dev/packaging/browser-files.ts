import { join } from 'node:path';
import { BROWSER_SCRIPTS, bundleBrowserScript } from '../../src/http/pages/browser-script.ts';

/**
 * Bundles the scripts of the pages. The keys are paths relative to the compiled `browser-script.ts`; `pages` is the folder
 * of its source. Rejects with the errors of esbuild.
 */
export async function browserFiles(pages: string): Promise<Readonly<Record<string, Uint8Array>>> {
  const files: Record<string, Uint8Array> = {};
  for (const name of BROWSER_SCRIPTS) {
    files[`browser/${name}.js`] = Buffer.from(await bundleBrowserScript(join(pages, 'browser', `${name}.ts`)));
  }
  return files;
}
