import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type BotZip, botFiles } from '../../dev/packaging/bot-zip.ts';
import { ENTRIES, START_COMMAND } from '../../dev/packaging/bundle-table.ts';
import { zipOf } from '../../dev/packaging/zip.ts';
import { BROWSER_FILES } from '../../src/http/pages/browser-file.ts';
import { COMMIT, ROOT, sharedBotZip } from './unpacked.ts';

/** With everything that telemetry needs. */
const MAX_BYTES = 10_000_000;

describe('the ZIP', () => {
  let made: BotZip;
  let files: Readonly<Record<string, Uint8Array>>;
  before(async () => {
    made = (await sharedBotZip()).made;
    files = (await sharedBotZip()).files;
  });
  const text = (path: string) => Buffer.from(files[path] ?? []).toString();
  const scripts = () => Object.keys(files).filter((path) => path.endsWith('.js'));

  it('contains the programs of the table in one folder with their parts, and the licences', () => {
    for (const name of Object.keys(ENTRIES)) assert.ok(files[`dist/${name}.js`], name);
    for (const name of BROWSER_FILES) assert.ok(files[`dist/browser/${name}`], name);
    const others = Object.keys(files).filter(
      (path) => !/^dist\/(?:(?:browser\/)?[\w.-]+\.js|browser\/\w+\.css)$/.test(path),
    );
    assert.deepEqual(others.sort(), ['LICENSE', 'THIRD-PARTY-LICENSES.txt', 'package.json']);
    const total = Object.values(files).reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.equal(made.unpackedBytes, total);
    assert.ok(made.zip.byteLength < MAX_BYTES, `${made.zip.byteLength} bytes`);
  });

  it('reports its build, and starts with the documented command', () => {
    const own = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    const { name, version, type, engines, scripts, ...rest } = JSON.parse(text('package.json'));
    assert.deepEqual(
      { name, version, type, engines },
      { name: own.name, version: own.version, type: 'module', engines: own.engines },
    );
    assert.equal(`exec ${scripts.start}`, START_COMMAND);
    assert.equal(rest.private, true);
    assert.equal(rest.gitHead, COMMIT);
    assert.equal(rest.dependencies, undefined);
    assert.ok(files[START_COMMAND.replace('exec node ', '')]);
  });

  it('names every package that it contains, with the text of its licence', () => {
    const licences = text('THIRD-PARTY-LICENSES.txt');
    const inside = scripts().flatMap((path) => [
      ...text(path).matchAll(/^\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\/.+$/gm),
    ]);
    const names = new Set(['@microsoft/teams-js', ...inside.map((found) => found[1] ?? '')]);
    assert.ok(names.size > 100, `${names.size} packages`);
    for (const name of names) assert.ok(licences.includes(`\n${name} `), name);
    assert.ok(licences.includes('Apache License\n'));
    assert.doesNotMatch(licences, /undefined|\r/);
  });

  it('loads code for a setting only if that is set', () => {
    const [, app = ''] = /await import\("\.\/(app-\w+\.js)"\)/.exec(text('dist/index.js')) ?? [];
    const loaded = new Set(['index.js', app]);
    for (const name of loaded) {
      const imports = text(`dist/${name}`).matchAll(/^(?:import|\} from) ?"\.\/([^"]+)";$/gm);
      for (const found of imports) loaded.add(found[1] ?? '');
    }
    assert.ok(loaded.size > 1, [...loaded].join());
    const atStart = [...loaded].map((name) => text(`dist/${name}`)).join('\n');
    assert.match(atStart, /^\/\/ node_modules\/restify\//m);
    assert.doesNotMatch(atStart, /^\/\/ node_modules\/(?:@azure\/(?:storage-blob|monitor-opentelemetry)|openai)\//m);
    const all = scripts().map(text).join('\n');
    assert.match(all, /^\/\/ node_modules\/@azure\/storage-blob\//m);
  });

  it('has an entry for every worker that one of its programs starts', () => {
    const started = scripts().flatMap((path) => [...text(path).matchAll(/workerUrl\(import\.meta\.url, "([^"]+)"\)/g)]);
    for (const [, name = ''] of started) {
      assert.equal(basename(ENTRIES[name] ?? '', '.ts'), name, 'dev/packaging/bundle-table.ts');
    }
  });

  it('is the same on every machine, byte for byte, and does not reveal where it was made', async (t) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'made-elsewhere-'));
    t.after(() => rmSync(elsewhere, { recursive: true }));
    for (const path of ['src', 'dev', 'package.json', 'tsconfig.json', 'LICENSE']) {
      cpSync(join(ROOT, path), join(elsewhere, path), { recursive: true });
    }
    const packages = realpathSync(`${ROOT}node_modules`);
    symlinkSync(packages, join(elsewhere, 'node_modules'), 'junction');
    const other = await botFiles(elsewhere, COMMIT);
    assert.deepEqual(Object.keys(other).sort(), Object.keys(files));
    for (const [path, contents] of Object.entries(files)) {
      assert.ok(Buffer.from(contents).equals(other[path] ?? Buffer.alloc(0)), path);
    }
    // So is a ZIP of the same files: packing all of them again would take a second.
    const [licence, manifest] = ['LICENSE', 'package.json'].map((path) => files[path] ?? Buffer.alloc(0));
    assert.ok(licence && manifest);
    assert.deepEqual(zipOf({ a: licence, b: manifest }), zipOf({ b: manifest, a: licence }));
    for (const [path, contents] of Object.entries(files)) {
      for (const place of [ROOT, packages]) {
        assert.equal(Buffer.from(contents).indexOf(place), -1, `${path} has ${place} in it`);
      }
    }
  });
});
