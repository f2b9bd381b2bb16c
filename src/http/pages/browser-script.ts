import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What browsers run: the entries in `browser/`, which is compiled with the types of a browser. */
export const BROWSER_SCRIPTS = ['player', 'teams', 'record', 'recorder'] as const;
export type BrowserScript = (typeof BROWSER_SCRIPTS)[number];

const texts = new Map<BrowserScript, string>();

/**
 * The text of a script, without imports. `dist` and the package hold it in `browser/` beside this module; where Node
 * runs the source, the first call bundles it. Rejects with what Node or esbuild say.
 */
export async function browserScript(name: BrowserScript): Promise<string> {
  const text = texts.get(name) ?? (await load(name));
  texts.set(name, text);
  return text;
}

function load(name: BrowserScript): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(new URL(`./browser/${name}.${isSource ? 'ts' : 'js'}`, import.meta.url));
  return isSource ? bundleBrowserScript(path) : readFile(path, 'utf8');
}

/** Bundles the script whose entry is at `path`. Only a development installation has esbuild. */
export async function bundleBrowserScript(path: string): Promise<string> {
  const { buildSync } = await import('esbuild');
  const { outputFiles } = buildSync({
    // Comments in the output name files relative to this folder: the same source gives the same text everywhere.
    absWorkingDir: dirname(path),
    entryPoints: [path],
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
