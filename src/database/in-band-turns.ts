import { LocalQueue } from '../conversation/queue/local-queue.ts';
import { DatabaseJob } from './database-job.ts';
import { jobId, storedKey } from './names.ts';
import type { DatabaseServices } from './services.ts';

/** Turns whose answers go back in their requests. Conversations are named by their stored keys. */
export type InBandTurns = LocalQueue<DatabaseJob>;

/** Creates the queue of in-band turns. They run on this instance only. */
export function createInBandTurns(services: DatabaseServices): InBandTurns {
  return new LocalQueue(
    (message) => {
      const acceptedAtMs = services.clock.now();
      return new DatabaseJob({ id: jobId(message), message, acceptedAtMs, claim: undefined }, services);
    },
    services.clock,
    storedKey,
  );
}
