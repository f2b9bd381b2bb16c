import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';

/** The specifiers that a process resolves while it imports a module and runs a script with it. */
function resolvedBy(module: string, then: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const asked = [];
    registerHooks({ resolve: (specifier, context, next) => (asked.push(specifier), next(specifier, context)) });
    const imported = await import(${JSON.stringify(new URL(module, import.meta.url).href)});
    ${then}
    console.log(JSON.stringify(asked));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
}

it('the library of Azure Storage is loaded only when it is used', () => {
  const asked = resolvedBy('../src/storage/azure-blobs.ts', 'new imported.AzureBlobs({ open: () => {}, clock: {} });');
  assert.ok(asked.some((each) => each.includes('deadline.ts')));
  assert.deepEqual(
    asked.filter((each) => each.startsWith('@azure/')),
    [],
  );
});

it('the libraries of PostgreSQL are loaded only if a database is set', () => {
  const ofDatabase = (asked: readonly string[]) => asked.filter((each) => each === 'pg' || each === 'pg-boss');
  assert.deepEqual(ofDatabase(resolvedBy('../src/app.ts', '')), []);
  assert.deepEqual(
    ofDatabase(resolvedBy('../src/stores.ts', 'await imported.loadDatabase({ database: undefined });')),
    [],
  );
  const asked = resolvedBy('../src/stores.ts', 'await imported.loadDatabase({ database: {} });');
  assert.deepEqual([...new Set(ofDatabase(asked))].sort(), ['pg', 'pg-boss']);
});
