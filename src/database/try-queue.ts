import { randomUUID } from 'node:crypto';
import { type ConnectionOptions, QUERY_LIMIT_MS } from './connection.ts';
import { storeFailure } from './errors.ts';
import { createBoss } from './job-queue.ts';

/** Messages of pg-boss: dist/contractor.js, `check`. */
const NOT_PREPARED = ['pg-boss is not installed', 'pg-boss database requires migrations'];

/**
 * Sends a job through a queue of its own, beside that of the bot, and removes both. Resolves with false and does
 * nothing if the bot has not prepared the database yet, which it does at its start. Rejects with a StoreError.
 */
export async function tryQueue(options: ConnectionOptions): Promise<boolean> {
  const boss = createBoss(options, { migrate: false, supervise: false, query_timeout: QUERY_LIMIT_MS });
  // A failure also rejects its call; an error event without a listener would end the process.
  boss.on('error', () => {});
  const queue = `trial_${randomUUID()}`;
  try {
    await boss.start();
    await boss.createQueue(queue);
    await boss.send(queue, {});
    const [job] = await boss.fetch(queue);
    if (job === undefined) throw new Error('the job was not handed out');
    await boss.complete(queue, job);
    return true;
  } catch (error) {
    if (error instanceof Error && NOT_PREPARED.includes(error.message)) return false;
    throw storeFailure('a job in a queue of its own', error);
  } finally {
    await boss.deleteQueue(queue).catch(() => {});
    await boss.stop({ graceful: false });
  }
}
