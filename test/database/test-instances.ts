import { afterEach } from 'node:test';
import { sharedPostgres } from '../support/postgres.ts';
import { type OpenedDatabase, type OpenOptions, openedDatabase, preparedDatabase } from './open-database.ts';

/** Instances on one database, new for each test, which closes them at its end. */
export function testInstances() {
  let url = '';
  const opened: OpenedDatabase[] = [];
  const kill = async () => opened.shift()?.[Symbol.asyncDispose]();
  afterEach(async () => {
    while (opened.length > 0) await kill();
  });
  return {
    opened,
    async emptyDatabase(): Promise<void> {
      url = await (await sharedPostgres()).createDatabase();
    },
    /** A database in which all tables exist. */
    async newDatabase(): Promise<void> {
      url = await preparedDatabase();
    },
    async open(options?: OpenOptions) {
      const each = await openedDatabase(url, options);
      opened.push(each);
      return each.database;
    },
    /** Stops the oldest instance. It sends nothing more, as if it had been killed. */
    kill,
    async query<Row extends object>(sql: string): Promise<Row[]> {
      return (await sharedPostgres()).query<Row>(sql, url);
    },
  };
}
