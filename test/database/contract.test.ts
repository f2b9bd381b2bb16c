import { describeApprovals } from '../conversation/approval-store-contract.ts';
import { describeAudit } from '../conversation/audit-contract.ts';
import { describeConversations } from '../conversation/conversation-store-contract.ts';
import { describeQueue } from '../conversation/queue-contract.ts';
import { describeQueueEnds } from '../conversation/queue-ends-contract.ts';
import type { TestEngine, WaitingMessages } from '../conversation/test-engine.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { openedDatabase, preparedDatabase } from './open-database.ts';

async function open(): Promise<TestEngine> {
  const url = await preparedDatabase();
  const opened = await openedDatabase(url);
  const { queue, conversationStore: conversations, recordingLinks } = opened.database;
  return {
    ...{ queue, conversations, recordingLinks },
    fill: (waiting) => fill(url, waiting),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Random bytes, since PostgreSQL would compress others. */
async function fill(url: string, { count, isVerified, bytes = 0 }: WaitingMessages): Promise<void> {
  const server = await sharedPostgres();
  await server.query(
    `INSERT INTO voice_bot_queue.job (name, policy, singleton_key, group_id, data)
     SELECT 'turns', 'key_strict_fifo', '${isVerified} ' || n, '${isVerified ? 'person' : isVerified} ' || n, data
     FROM generate_series(1, ${count}) n, (SELECT jsonb_build_object('text', string_agg(md5(n::text), '')) data
       FROM generate_series(1, ${Math.ceil(bytes / 32)}) n) once`,
    url,
  );
}

describeQueue('PostgreSQL', open);
describeQueueEnds('PostgreSQL', open);
describeConversations('PostgreSQL', open);
describeApprovals('PostgreSQL', async () => {
  const url = await preparedDatabase();
  const opened = await openedDatabase(url);
  const server = await sharedPostgres();
  return {
    approvals: opened.database.approvalStore,
    conversations: opened.database.conversationStore,
    queue: opened.database.queue,
    async pass(more) {
      const left = more ? '0' : '1 minute';
      await server.query(`UPDATE voice_bot.approvals SET expires_at = now() + interval '${left}'`, url);
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
});
describeAudit('PostgreSQL', async () => {
  const opened = await openedDatabase(await preparedDatabase());
  return { audit: opened.database.audit, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
});
