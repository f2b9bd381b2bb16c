import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { ENTRIES } from './bundle-table.ts';

/** Programs that run without `node_modules`. */
export interface Bundle {
  /** The outputs by name. All belong in one folder. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The inputs of each file. Paths are relative to the root. */
  readonly metafile: Metafile;
}

/**
 * CommonJS in an ES module needs `require` for Node's built-in modules. The banner declares no other name, which could
 * collide with one in the bundle: esbuild itself declares no `require`.
 */
const REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

/**
 * With splitting, esbuild gives a CommonJS module behind an `import()` only the export `default`
 * (https://github.com/evanw/esbuild/issues/3245), but OpenTelemetry's resources use a named one. `require` avoids that.
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
  // The code is not minified, so that stacks in logs are readable without source maps.
  banner: { js: REQUIRE },
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  // dtrace-provider: optional, restify requires it in a `try`. opus-ml: the enhancer of ogg-opus-decoder, four
  // megabytes that are never loaded. esbuild: bundles the scripts of the pages only where Node runs the source.
  external: ['dtrace-provider', '@wasm-audio-decoders/opus-ml', 'esbuild'],
  // Keeps paths in the bundle relative to the root, even if node_modules is a link.
  preserveSymlinks: true,
  plugins: [machineId],
};

/** Bundles the programs of the table from their sources below `root`. Rejects with the errors of esbuild. */
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
  rejectNamelessImports(metafile);
  return { files: Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents])), metafile };
}

/** Fails the build for other modules with the problem that `machineId` solves. */
function rejectNamelessImports({ inputs }: Metafile): void {
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, kind } of imports) {
      if (kind !== 'dynamic-import' || inputs[path]?.format !== 'cjs') continue;
      throw new Error(`${importer} loads ${path} by import(), but that is CommonJS: its exports would have no names`);
    }
  }
}
