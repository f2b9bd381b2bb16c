import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * The layers of `src`, the lowest first: a module imports from its own folder, from lower layers, and from the folders
 * of its own layer that `BESIDE` names. A folder stands for its files; a file outside of folders stands for itself.
 */
const LAYERS: readonly (readonly string[])[] = [
  // Leaves: they may import one another and the settings.
  [
    ...[
      'config',
      'workers',
      'lru-options.ts',
      'azure-cloud.ts',
      'clock.ts',
      'deadline.ts',
      'errors.ts',
      'json-access.ts',
      'ids.ts',
      'installation.ts',
      'log.ts',
    ],
    ...[
      'node-version.js',
      'paragraphs.ts',
      'prices.ts',
      'proxy.ts',
      'readable-log.ts',
      'read-options.ts',
      'retry-after.ts',
      'shares.ts',
    ],
    ...['storable-json.ts', 'token-usage.ts', 'worker-url.ts'],
  ],
  ['storage', 'messages', 'telemetry'],
  ['audio'],
  ['attachments', 'realtime', 'tools'],
  ['conversation'],
  ['channel', 'database', 'http'],
  ['stores.ts', 'bot.ts', 'doctor'],
  ['app.ts', 'doctor.ts'],
  ['index.ts'],
];
/** Independent leaves of one layer, which no other folder of the layer imports. */
const BESIDE = LAYERS[0] ?? [];
/** In a lower layer, but forbidden for these. */
const NEVER: readonly (readonly [RegExp, RegExp])[] = [
  [/^src\/realtime\//, /^src\/channel\//],
  [/^src\/channel\//, /^src\/realtime\//],
  [/^src\/http\//, /^src\/realtime\//],
  [/^src\//, /^(?:dev|test)\//],
  [/^dev\//, /^test\//],
  // Browser code shares types with its pages, and nothing else.
  [/^src\/http\/pages\/browser\//, /^(?!src\/http\/pages\/(browser\/|record\/page-data\.ts$)|@microsoft\/teams-js$)/],
  [/^(?!src\/http\/pages\/browser\/)/, /^src\/http\/pages\/browser\//],
];

/** Packages that only one place may import. */
const ONLY_IN: readonly (readonly [RegExp, RegExp])[] = [
  [/^bot(builder|framework)/, /^src\/(bot\.ts|channel\/)/],
  [/^openai/, /^src\/realtime\//],
  [/^@azure\/identity/, /^src\/realtime\//],
  [/^@azure\/monitor-opentelemetry/, /^src\/telemetry\//],
  [/^@opentelemetry\//, /^src\/telemetry\//],
  [/^@azure\/storage-blob/, /^src\/storage\//],
  [/^pg(-|$)/, /^src\/database\//],
  [/^restify/, /^src\/http\//],
  [/^wav$/, /^src\/audio\//],
  [/^pino/, /^src\/log\.ts$/],
  [/^jimp/, /^dev\/teams-app\/teams-icons\.ts$/],
  [/^@cf-wasm/, /^src\/attachments\/picture-worker\.ts$/],
  [/^image-size/, /^(?:src\/attachments\/picture-worker|dev\/simulator\/picture)\.ts$/],
  [/^htmlparser2/, /^src\/(attachments|tools\/documents)\//],
  [/^@modelcontextprotocol\//, /^src\/tools\/mcp\//],
  [/^zod$/, /^src\/tools\//],
  [/^(minisearch|unpdf)$/, /^src\/tools\/documents\//],
  [/^strip-json-comments$/, /^src\/config\/mcp-file\.ts$/],
  [/^esbuild$/, /^(dev\/|src\/http\/pages\/browser-file\.ts$)/],
  [/^(ajv|playwright|@echogarden|@microsoft\/(app-manifest|m365))/, /^dev\//],
];
const MAX_LINES = 280;
/** Programs, workers and their command line parsers: they may end their process or thread and read the environment. */
const PROGRAMS = /^(src\/(index\.ts|doctor\.ts|[a-z/]+-worker\.ts|node-version\.js|read-options\.ts)|dev\/)/;

const root = fileURLToPath(new URL('../', import.meta.url));
const files = ['src', 'dev'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[tj]s$/.test(file))
    .map((file) => `${folder}/${file.split(sep).join('/')}`),
);
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** The imports of a file, including type imports: packages by name, modules by their path from the root. */
function importsOf(file: string): readonly string[] {
  const found = (texts.get(file) ?? '').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
  const specifiers = [...found].map(([, specifier = '']) => specifier);
  return specifiers.map((each) => (each.startsWith('.') ? posix.join(posix.dirname(file), each) : each));
}

function modulesIn(file: string): readonly string[] {
  return (imports.get(file) ?? []).filter((each) => texts.has(each));
}

/** The folder of `src` or `dev` that contains a module, or the module itself if it is in none. */
function unitOf(file: string): string {
  const [top, folder = '', ...rest] = file.split('/');
  return rest.length === 0 ? file : `${top}/${folder}`;
}

function layerOf(unit: string): number {
  return LAYERS.findIndex((layer) => layer.includes(unit.replace('src/', '')));
}

/** The first cycle found from each node, as the path that leads back to it. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const isDone = new Set<string>();
  const walk = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) cycles.push([...path.slice(path.indexOf(node)), node].join(' -> '));
    if (path.includes(node) || isDone.has(node)) return;
    for (const next of graph.get(node) ?? []) walk(next, [...path, node]);
    isDone.add(node);
  };
  for (const node of graph.keys()) walk(node, []);
  return cycles;
}

describe('the architecture', () => {
  for (const file of files) {
    it(`${file} imports only from lower layers and allowed modules`, () => {
      for (const specifier of imports.get(file) ?? []) {
        for (const [name, places] of ONLY_IN) if (name.test(specifier)) assert.match(file, places, specifier);
        for (const [from, to] of NEVER) if (from.test(file)) assert.doesNotMatch(specifier, to);
      }
      if (file.startsWith('dev/')) return;
      const unit = unitOf(file);
      const layer = layerOf(unit);
      assert.notEqual(layer, -1, `${unit} has no layer in this test`);
      for (const module of modulesIn(file)) {
        const other = unitOf(module);
        const isBeside = BESIDE.includes(unit.replace('src/', '')) && layerOf(other) === 0;
        assert.ok(other === unit || layerOf(other) < layer || isBeside, `${file} imports ${module}`);
      }
    });

    it(`${file} is at most ${MAX_LINES} lines long`, () => {
      const lines = (texts.get(file) ?? '').split('\n').length - 1;
      assert.ok(lines <= MAX_LINES, `${lines} lines`);
    });
  }

  it('has no cycle of files', () => {
    assert.deepEqual(cyclesIn(new Map(files.map((file) => [file, modulesIn(file)]))), []);
  });

  it('has no cycle of folders', () => {
    const graph = new Map<string, string[]>(files.map((file) => [unitOf(file), []]));
    for (const file of files)
      graph.get(unitOf(file))?.push(
        ...modulesIn(file)
          .map(unitOf)
          .filter((other) => other !== unitOf(file)),
      );
    assert.deepEqual(cyclesIn(graph), []);
  });

  it('ends the process only in its programs, and reads the environment nowhere else', () => {
    for (const [file, text] of texts) if (/process\.(exit\(|env)/.test(text)) assert.match(file, PROGRAMS);
  });
});
