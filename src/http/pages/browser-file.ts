import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The scripts and style sheets in `browser/`. That folder is compiled with the types of a browser. */
export const BROWSER_FILES = ['player.js', 'teams.js', 'record.js', 'player.css', 'record.css', 'text.css'] as const;
export type BrowserFile = (typeof BROWSER_FILES)[number];

const texts = new Map<BrowserFile, string>();

/**
 * Reads a script or style sheet, bundled with its imports. `dist` and the package hold it in `browser/` beside this
 * module; if Node runs the source, the first call bundles it. Rejects with the error of Node or esbuild.
 */
export async function browserFile(name: BrowserFile): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(new URL(`./browser/${name}`, import.meta.url));
  const text = texts.get(name) ?? (isSource ? await bundleBrowserFile(path) : await readFile(path, 'utf8'));
  texts.set(name, text);
  return text;
}

/** Bundles the `.ts` of the script at `path`, or its style sheet. Only a development installation has esbuild. */
export async function bundleBrowserFile(path: string): Promise<string> {
  const { buildSync } = await import('esbuild');
  const { outputFiles } = buildSync({
    // Comments in the output name files relative to this folder: the same source gives the same text everywhere.
    absWorkingDir: dirname(path),
    entryPoints: [path.replace(/\.js$/, '.ts')],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}
