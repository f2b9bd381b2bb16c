import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { COMMANDS } from '../../src/messages/command-names.ts';

const page = readFileSync(new URL('../../docs/channels.md', import.meta.url), 'utf8');

it('docs/channels.md has a row for every command, and for no other', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `/'));
  const named = rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`\/(\w+)/g)].map(([, name]) => name));
  assert.deepEqual([...new Set(named)].sort(), [...COMMANDS].sort());
});
