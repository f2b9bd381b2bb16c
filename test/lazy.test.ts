import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';

/** What a process asks for while it imports a module and runs what follows with it. */
function askedBy(module: string, then: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const asked = [];
    registerHooks({ resolve: (specifier, context, next) => (asked.push(specifier), next(specifier, context)) });
    const imported = await import(${JSON.stringify(new URL(module, import.meta.url).href)});
    ${then}
    console.log(JSON.stringify(asked));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
}

it('the library of Azure Storage is not loaded before it is needed', () => {
  const asked = askedBy('../src/storage/azure-blobs.ts', 'new imported.AzureBlobs({ open: () => {}, clock: {} });');
  assert.ok(asked.some((each) => each.includes('deadline.ts')));
  assert.deepEqual(
    asked.filter((each) => each.startsWith('@azure/')),
    [],
  );
});

it('what a database needs is loaded where one is set, and only there', () => {
  const ofDatabase = (asked: readonly string[]) => asked.filter((each) => each === 'pg' || each === 'pg-boss');
  assert.deepEqual(ofDatabase(askedBy('../src/app.ts', '')), []);
  assert.deepEqual(
    ofDatabase(askedBy('../src/stores.ts', 'await imported.loadDatabase({ database: undefined });')),
    [],
  );
  const asked = askedBy('../src/stores.ts', 'await imported.loadDatabase({ database: {} });');
  assert.deepEqual([...new Set(ofDatabase(asked))].sort(), ['pg', 'pg-boss']);
});
