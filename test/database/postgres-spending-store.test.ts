import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Connection } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { createPostgresSpendingStore } from '../../src/database/postgres-spending-store.ts';
import { itBoundsSpending } from '../conversation/limits/spending-contract.ts';
import { connectionOptions } from '../support/database.ts';
import { sharedPostgres } from '../support/postgres.ts';

const SCHEMA = 'voice_bot';
const INSTANCES = 3;
const connections: Connection[] = [];
let url: string;

before(async () => {
  url = await (await sharedPostgres()).createDatabase();
  for (let count = 0; count < INSTANCES; count++)
    connections.push(new Connection(connectionOptions(url, { DATABASE_POOL_SIZE: '12' })));
  await migrate(first(), SCHEMA);
});
after(() => Promise.all(connections.map((each) => each.close())));

function first(): Connection {
  const [connection] = connections;
  if (connection === undefined) throw new Error('not connected');
  return connection;
}

/** The server's clock counts, so the test makes rows older. */
async function later(ms: number): Promise<void> {
  const seconds = ms / 1000;
  await first().query("UPDATE spending_reservations SET reserved_at = reserved_at - $1 * interval '1 second'", [
    seconds,
  ]);
  await first().query("UPDATE spending SET day = day - $1::int WHERE budget <> 'conversation'", [
    Math.floor(seconds / 86_400),
  ]);
}

itBoundsSpending('PostgreSQL', {
  async open() {
    await first().query('TRUNCATE spending, spending_reservations');
    const stores = connections.map(createPostgresSpendingStore);
    const [store = createPostgresSpendingStore(first()), ...others] = stores;
    return { store, others, later };
  },
  runs: 20,
});

describe('spending in PostgreSQL', () => {
  it('never deadlocks, whichever instances reserve, retry and settle', async () => {
    await first().query('TRUNCATE spending, spending_reservations');
    const stores = connections.map(createPostgresSpendingStore);
    const budgets = { dayUsd: 1_000, personUsd: 3, conversationUsd: 2 };
    const at = (index: number) => stores[index % stores.length] ?? assert.fail();
    const turn = async (index: number) => {
      const owner = { conversation: `c-${index % 11}`, person: `p-${(index * 7) % 5}` };
      // Two attempts at each job, on different instances.
      const job = { jobId: `job-${index % 100}`, ...owner };
      const first = await at(index).reserve({ ...job, usd: 0.2 }, budgets);
      if (first.kind === 'reserved') await at(index + 1).reserve({ ...job, usd: 0.4 }, budgets);
      await at(index + 2).settle(job.jobId, 0.1);
    };
    await Promise.all(Array.from({ length: 200 }, (_, index) => turn(index)));
    const left = await first().query('SELECT 1 FROM spending_reservations');
    assert.equal(left.length, 0);
  });

  it('is separate for each bot in the same database', async () => {
    const [one, two] = await Promise.all(['one', 'two'].map((schema) => openSchema(schema)));
    assert.ok(one && two);
    const budgets = { dayUsd: 1, personUsd: undefined, conversationUsd: undefined };
    const reservation = { jobId: 'job', conversation: 'c', person: 'p', usd: 1 };
    for (const { store } of [one, two]) assert.equal((await store.reserve(reservation, budgets)).kind, 'reserved');
    for (const { connection } of [one, two]) await connection.close();
  });
});

async function openSchema(schema: string) {
  const connection = new Connection(connectionOptions(url, { DATABASE_SCHEMA: schema }));
  await migrate(connection, schema);
  return { connection, store: createPostgresSpendingStore(connection) };
}
