import { describeConversations } from '../conversation/conversation-store-contract.ts';
import { describeQueue } from '../conversation/queue-contract.ts';
import { describeQueueEnds } from '../conversation/queue-ends-contract.ts';
import type { TestEngine, WaitingMessages } from '../conversation/test-engine.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { openedDatabase } from './open-database.ts';

let url: Promise<string> | undefined;
let schemaCount = 0;

/** A schema of its own in one database. */
async function open(): Promise<TestEngine> {
  url ??= sharedPostgres().then((server) => server.createDatabase());
  schemaCount += 1;
  const schema = `t${schemaCount}`;
  const opened = await openedDatabase(await url, { env: { DATABASE_SCHEMA: schema } });
  const { queue, conversations, recordingLinks } = opened.database;
  const close = () => opened[Symbol.asyncDispose]();
  return {
    queue,
    conversations,
    recordingLinks,
    fill: (waiting) => fill(schema, waiting),
    [Symbol.asyncDispose]: close,
  };
}

/** What cannot be compressed takes as many bytes as it has. */
async function fill(schema: string, { count, isVouched, bytes = 0 }: WaitingMessages): Promise<void> {
  const server = await sharedPostgres();
  await server.query(
    `INSERT INTO ${schema}_queue.job (name, policy, singleton_key, group_id, data)
     SELECT 'turns', 'key_strict_fifo', '${isVouched} ' || n, '${isVouched ? 'person' : isVouched} ' || n, data
     FROM generate_series(1, ${count}) n, (SELECT jsonb_build_object('text', string_agg(md5(n::text), '')) data
       FROM generate_series(1, ${Math.ceil(bytes / 32)}) n) once`,
    await url,
  );
}

describeQueue('PostgreSQL', open);
describeQueueEnds('PostgreSQL', open);
describeConversations('PostgreSQL', open);
