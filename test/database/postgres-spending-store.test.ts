import { after, before } from 'node:test';
import { Connection } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { PostgresSpendingStore } from '../../src/database/postgres-spending-store.ts';
import { itBoundsSpending } from '../conversation/limits/spending-contract.ts';
import { connectionOptions } from '../support/database.ts';
import { sharedPostgres } from '../support/postgres.ts';

const SCHEMA = 'voice_bot';
const INSTANCES = 3;
const connections: Connection[] = [];

before(async () => {
  const url = await (await sharedPostgres()).createDatabase();
  for (let count = 0; count < INSTANCES; count++) connections.push(new Connection(connectionOptions(url)));
  await migrate(first(), SCHEMA);
});
after(() => Promise.all(connections.map((each) => each.close())));

function first(): Connection {
  const [connection] = connections;
  if (connection === undefined) throw new Error('not connected');
  return connection;
}

/** The server's clock counts: what was written is made older instead. */
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
    const stores = connections.map((each) => new PostgresSpendingStore(each, SCHEMA));
    const [store = new PostgresSpendingStore(first(), SCHEMA), ...others] = stores;
    return { store, others, later };
  },
  runs: 20,
});
