import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { sharedPostgres } from '../support/postgres.ts';
import { openedDatabase, preparedDatabase } from './open-database.ts';

it('the documented query finds what a person has decided', async () => {
  const operations = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, query = assert.fail('no query')] = /```sql\n([\s\S]*?)```/.exec(operations) ?? [];
  const url = await preparedDatabase();
  await using opened = await openedDatabase(url);
  const call = { turnId: 'turn', conversation: 'c', tool: 't', origin: 'o', argumentsHash: 'h', atMs: 0 };
  const [ada, bob] = ['["msteams","Ada ü"]', '["msteams","bob"]'];
  await opened.database.audit.append({ ...call, event: 'allowed', asker: bob, decider: ada });
  await opened.database.audit.append({ ...call, event: 'asked', asker: bob, decider: undefined });
  const server = await sharedPostgres();
  const found = async (id: string) =>
    (await server.query<{ event: string }>(query.replace('<id>', id), url)).map(({ event }) => event);
  assert.deepEqual([await found('Ada ü'), await found('bob')], [['allowed'], ['allowed', 'asked']]);
});

it('the action that forgets a conversation removes the names from its audit', async () => {
  const url = await preparedDatabase();
  await using opened = await openedDatabase(url);
  const { audit, conversationStore } = opened.database;
  const call = { tool: 't', origin: 'o', argumentsHash: 'h', atMs: 0, asker: 'ada', decider: 'bob' };
  for (const conversation of ['a', 'b'])
    await audit.append({ ...call, event: 'began', turnId: conversation, conversation });
  await conversationStore.apply('a', { kind: 'forget' }, 'command');
  const [[forgotten], [other]] = [await audit.ofTurn('a'), await audit.ofTurn('b')];
  assert.deepEqual([forgotten?.conversation, forgotten?.asker, forgotten?.decider], ['', '', undefined]);
  assert.ok(other?.conversation && other.asker && other.decider);
});
