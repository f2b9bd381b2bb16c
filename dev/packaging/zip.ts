import { type Zippable, zipSync } from 'fflate';

/** The oldest date that a ZIP can hold: the same files give the same bytes, whenever they are packed. */
const ALWAYS = new Date(1980, 0, 1);

/** A ZIP of files by their paths in it, in the order of the paths. The same content gives the same bytes. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries: Zippable = {};
  // As if made on Unix, readable for everybody: what unpacks it there keeps the mode.
  const options = { mtime: ALWAYS, os: 3, attrs: 0o100644 << 16 } as const;
  for (const path of Object.keys(files).sort()) entries[path] = [files[path] ?? new Uint8Array(), options];
  return zipSync(entries, { level: 6 });
}
