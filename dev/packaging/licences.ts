import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

const LICENCE_FILE = /^(?:licen[cs]e|copying|copyright|notice|thirdpartynotice)/i;
const LICENCE_SECTION = /^(?:#+ *licen[cs]e|licen[cs]e\n-+)[\s\S]*/im;
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;
const HEAD = 'This software contains the packages below, each under the terms below its name.';
const RULE = '='.repeat(100);

/** The folders, relative to the root, of all packages that contribute to the output. */
export function packagesIn({ outputs }: Metafile): string[] {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = packageFolder(path);
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders];
}

/** The innermost package of a path. Undefined for a file of this project. */
export function packageFolder(path: string): string | undefined {
  return PACKAGE_FOLDER.exec(path)?.[0];
}

/** The licences of packages as one text, in a deterministic order. Equal licences appear once. */
export function licencesOf(root: string, folders: readonly string[]): string {
  const titlesByText = new Map<string, Set<string>>();
  for (const folder of folders) {
    const { title, text } = readLicence(join(root, folder));
    titlesByText.set(text, (titlesByText.get(text) ?? new Set()).add(title));
  }
  const parts = [...titlesByText].map(([text, titles]) => `${[...titles].sort().join('\n')}\n\n${text}`);
  return `${[HEAD, ...parts.sort()].join(`\n\n${RULE}\n`)}\n`;
}

function readLicence(folder: string): { readonly title: string; readonly text: string } {
  const manifest = JSON.parse(read(folder, 'package.json'));
  const files = filesIn(folder);
  const texts = files.filter((file) => LICENCE_FILE.test(file)).map((file) => read(folder, file).trim());
  const title = `${manifest.name} ${manifest.version}`;
  return { title, text: texts.length > 0 ? [...new Set(texts)].join('\n\n') : statementOf(folder, files, manifest) };
}

/** For a package without a licence file: the fields of its package.json, and the licence section of its README. */
function statementOf(folder: string, files: readonly string[], manifest: Readonly<Record<string, unknown>>): string {
  const readme = files.find((file) => /^readme/i.test(file));
  const section = readme === undefined ? undefined : LICENCE_SECTION.exec(read(folder, readme))?.[0].trim();
  const { license, author, contributors } = manifest;
  const stated = JSON.stringify({ license, author, contributors });
  return [`This package has no licence file. Its package.json says: ${stated}`, section ?? ''].join('\n\n');
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ name }) => name).sort();
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
}
