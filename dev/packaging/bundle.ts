import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { ENTRIES } from './bundle-table.ts';

/** What runs without `node_modules`. */
export interface Bundle {
  /** By their names; they have to lie in one folder. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What went into it, and from where: paths begin at the root. */
  readonly metafile: Metafile;
}

/**
 * CommonJS inside an ES module finds the `require` of Node for what is built into it. Without a name of its own, which
 * might be one of the bundle's; `require` itself is a name that esbuild leaves free.
 */
const REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

/**
 * When esbuild splits, a CommonJS module behind an `import()` has no names but `default`:
 * https://github.com/evanw/esbuild/issues/3245 . OpenTelemetry's resources look for one. A few lines each, they need
 * not be split off.
 */
const machineId: Plugin = {
  name: 'machine-id',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]machine-id[\\/]getMachineId\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll('await import(', 'await require('),
    }));
  },
};

const OPTIONS: BuildOptions = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Not minified: the functions and lines that a stack in a log names can be read as they are, without source maps.
  banner: { js: REQUIRE },
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  // A native probe of restify, for machines that can compile it. It is asked for in a `try`.
  // The enhancer of ogg-opus-decoder, four megabytes that nothing here asks for.
  // And esbuild itself, by which the scripts of the pages are bundled where Node runs the source.
  external: ['dtrace-provider', '@wasm-audio-decoders/opus-ml', 'esbuild'],
  // Paths that stand in the bundle begin at the root, wherever node_modules really lies.
  preserveSymlinks: true,
  plugins: [machineId],
};

/** Bundles the programs of the table, read below `root`. Rejects with all that esbuild has to say. */
export async function bundle(root: string, entries: Readonly<Record<string, string>> = ENTRIES): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: { ...entries },
    outdir: 'dist',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  refuseNamelessImports(metafile);
  return { files: Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents])), metafile };
}

/** What `machineId` mends for some files: others would be found out by users alone. */
function refuseNamelessImports({ inputs }: Metafile): void {
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, kind } of imports) {
      if (kind !== 'dynamic-import' || inputs[path]?.format !== 'cjs') continue;
      throw new Error(`${importer} loads ${path} by import(), which is CommonJS: its exports would have no names`);
    }
  }
}
