import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NEVER_LOGGED } from './support/kit/never-logged.ts';

const root = fileURLToPath(new URL('../src', import.meta.url));
const source = globSync('**/*.ts', { cwd: root })
  .map((path) => readFileSync(`${root}/${path}`, 'utf8'))
  .join('\n');

describe('each log text that soak and crash tests look for as a fault', () => {
  for (const text of NEVER_LOGGED) {
    it(`still exists in the source: "${text}"`, () => {
      assert.ok(source.includes(text), 'a renamed log text can never be found');
    });
  }
});
