import { randomUUID } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import { type ConnectionOptions, clientConfig, QUERY_LIMIT_MS } from './connection.ts';
import { storeFailure } from './errors.ts';
import { queueSchema } from './names.ts';

/** Of pg-boss: dist/contractor.js, `check`. */
const NOT_PREPARED = ['pg-boss is not installed', 'pg-boss database requires migrations'];
/** Nothing is created but the queue, and nothing supervised. */
const OPTIONS = {
  max: 1,
  migrate: false,
  createSchema: false,
  supervise: false,
  schedule: false,
  registerInstance: false,
  openTelemetry: { enabled: false },
  query_timeout: QUERY_LIMIT_MS,
};

/**
 * Lets a job go through a queue of its own, beside that of the bot, and removes both. False, and nothing is done, where
 * the bot has still to prepare the database, which it does when it starts. Rejects with a StoreError.
 */
export async function tryQueue(options: ConnectionOptions): Promise<boolean> {
  const { password, ...config } = clientConfig(options);
  const secret = password === undefined ? {} : { password };
  const boss = new PgBoss({ ...config, ...secret, ...OPTIONS, schema: queueSchema(options.settings.schema) });
  // What is wrong rejects the call that it is wrong with; an error that nobody hears would end the process.
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
