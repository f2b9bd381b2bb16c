import { type Zippable, zipSync } from 'fflate';

/** The earliest date of a ZIP: a fixed time makes the bytes reproducible. */
const FIXED_TIME = new Date(1980, 0, 1);

/** A ZIP of files by their paths, in the order of the paths. The same content gives the same bytes. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries: Zippable = {};
  // Unix, mode 0644: unpacking on Unix keeps the mode.
  const options = { mtime: FIXED_TIME, os: 3, attrs: 0o100644 << 16 } as const;
  for (const path of Object.keys(files).sort()) entries[path] = [files[path] ?? new Uint8Array(), options];
  return zipSync(entries, { level: 6 });
}
