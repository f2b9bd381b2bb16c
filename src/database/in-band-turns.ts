import type { Clock } from '../clock.ts';
import { LocalQueue } from '../conversation/queue/local-queue.ts';
import { DatabaseJob, type JobServices } from './database-job.ts';
import { jobId, storedKey } from './names.ts';

/** Turns whose answers go back in their requests. Conversations are named by their stored keys. */
export type InBandTurns = LocalQueue<DatabaseJob>;

/** Runs them on this instance alone. */
export function createInBandTurns(services: JobServices, clock: Clock): InBandTurns {
  return new LocalQueue(
    (message) =>
      new DatabaseJob({ id: jobId(message), message, acceptedAtMs: clock.now(), claim: undefined }, services),
    clock,
    storedKey,
  );
}
