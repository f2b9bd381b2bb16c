import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';

it('the library of Azure Storage is not loaded before it is needed', () => {
  const storage = new URL('../../src/storage/azure-blobs.ts', import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    const asked = [];
    registerHooks({ resolve: (specifier, context, next) => (asked.push(specifier), next(specifier, context)) });
    const { AzureBlobs } = await import(${JSON.stringify(storage)});
    new AzureBlobs({ open: () => {}, clock: {} });
    console.log(JSON.stringify(asked));`;
  const asked = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  assert.match(asked, /bounded-call/);
  assert.doesNotMatch(asked, /@azure\//);
});
