import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { bundle } from '../../dev/packaging/bundle.ts';
import { licencesOf, packagesIn } from '../../dev/packaging/licences.ts';

/** A project of these files. */
function projectOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'bundle-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

describe('bundle', () => {
  it('rejects a dynamic import that would lose the names of its exports', async (t) => {
    const root = projectOf(t, { 'main.js': "(await import('./old.cjs')).f();", 'old.cjs': 'exports.f = () => {};' });
    await assert.rejects(
      bundle(root, { main: 'main.js' }),
      /main\.js loads old\.cjs by import\(\), but that is CommonJS/,
    );
  });

  it('names a module that cannot be found', async (t) => {
    const root = projectOf(t, { 'main.js': "import 'nowhere';" });
    await assert.rejects(bundle(root, { main: 'main.js' }), /main\.js:1:7: ERROR: Could not resolve "nowhere"/);
  });
});

describe('the licences of a bundle', () => {
  it('are those of its packages: each text once, and the license field of packages without a text', async (t) => {
    const manifest = (name: string, more = {}) => JSON.stringify({ name, version: '1.0.0', main: 'index.js', ...more });
    const root = projectOf(t, {
      'main.js': "import '@one/a'; import 'b'; import 'c'; import { unused } from 'd';",
      'node_modules/@one/a/index.js': 'console.log(1)',
      'node_modules/@one/a/package.json': manifest('@one/a'),
      'node_modules/@one/a/LICENSE': 'The words.\r\nMore of them.\r\n',
      'node_modules/b/index.js': 'console.log(2)',
      'node_modules/b/package.json': manifest('b'),
      'node_modules/b/licence.md': 'The words.\nMore of them.',
      'node_modules/b/NOTICE': 'Made by B.',
      'node_modules/c/index.js': 'console.log(3)',
      'node_modules/c/package.json': manifest('c', { license: 'MIT', author: 'Cleo' }),
      'node_modules/c/README.md': '# C\n\nText.\n\n## License\n\nMIT, by Cleo\n',
      'node_modules/d/index.js': 'export const unused = 1;',
      'node_modules/d/package.json': manifest('d', { sideEffects: false }),
    });
    const { metafile } = await bundle(root, { main: 'main.js' });
    const folders = packagesIn(metafile);
    assert.deepEqual(folders.sort(), ['node_modules/@one/a', 'node_modules/b', 'node_modules/c']);

    const text = licencesOf(root, folders);
    const parts = text.split(/\n\n=+\n/).slice(1);
    assert.deepEqual(parts, [
      '@one/a 1.0.0\n\nThe words.\nMore of them.',
      'b 1.0.0\n\nMade by B.\n\nThe words.\nMore of them.',
      'c 1.0.0\n\nThis package has no licence file. Its package.json says: {"license":"MIT","author":"Cleo"}\n\n## License\n\nMIT, by Cleo\n',
    ]);
    assert.equal(licencesOf(root, folders.reverse()), text);
  });
});
