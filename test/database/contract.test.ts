import { describeConversations } from '../conversation/conversation-store-contract.ts';
import { describeQueue } from '../conversation/queue-contract.ts';
import type { TestEngine } from '../conversation/test-engine.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { openedDatabase } from './open-database.ts';

let url: Promise<string> | undefined;
let schemaCount = 0;

/** A schema of its own in one database. */
async function open(): Promise<TestEngine> {
  url ??= sharedPostgres().then((server) => server.createDatabase());
  schemaCount += 1;
  const opened = await openedDatabase(await url, { env: { DATABASE_SCHEMA: `t${schemaCount}` } });
  const { queue, conversations, recordingLinks: invitations } = opened.database;
  return { queue, conversations, invitations, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

describeQueue('PostgreSQL', open);
describeConversations('PostgreSQL', open);
