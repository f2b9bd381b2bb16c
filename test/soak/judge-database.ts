import { setTimeout as sleep } from 'node:timers/promises';
import { jobId } from '../../src/database/names.ts';
import type { BotWatch } from './bot-watch.ts';
import { POOL_SIZE, type SoakDatabase } from './database.ts';
import type { SoakLedger } from './ledger.ts';

/** A turn is completed only after its reply was sent. */
const MAX_COMPLETING_MS = 60_000;
/** Broken connections are closed while others replace them. */
const MAX_OVER_MS = 3_000;
const LOOK_MS = 1_000;

/** Faults in the database once every message has its answer, as `kind: details`. */
export async function judgeDatabase(database: SoakDatabase, ledger: SoakLedger, watch: BotWatch): Promise<string[]> {
  const endMs = Date.now() + MAX_COMPLETING_MS;
  let left = await database.left();
  while (left.jobs.length > 0 && Date.now() < endMs) {
    await sleep(LOOK_MS);
    left = await database.left();
  }
  watch.look();
  for (const message of ledger.messages) {
    const { channel, id } = message.conversation;
    const { activityId } = message;
    message.isCancelled ||= left.cancelled.includes(jobId({ key: `${channel}/${id}`, activityId }));
  }
  const connections = database.connections();
  for (const { peak, longestOverMs } of connections)
    ledger.count(
      'connections',
      `instances with ${peak} at most, over the bound of ${POOL_SIZE} for ${longestOverMs} ms`,
    );
  for (const turn of watch.unsettled) ledger.count('reservations', left.reservations.includes(turn) ? 'left' : 'ended');
  return [
    ...left.jobs.map(([job, count]) => `left in the queue: ${count} times ${job}`),
    ...left.reservations.filter((turn) => !watch.unsettled.has(turn)).map((turn) => `reservation left: turn ${turn}`),
    ...connections.flatMap(({ peak, longestOverMs }, index) =>
      longestOverMs > MAX_OVER_MS ? [`too many connections: instance ${index + 1} had ${peak} at most`] : [],
    ),
  ];
}
