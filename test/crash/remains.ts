import { readRecord } from '../../src/conversation/record-json.ts';
import { costUsd, DEFAULT_PRICES } from '../../src/prices.ts';
import { keyOf } from './ledger.ts';
import { COMMANDS } from './steps.ts';
import type { World } from './world.ts';

/** What the database holds once everything is answered. */
export interface Remains {
  /** Sounds of attempts that ended with their process; retention deletes them. */
  readonly orphanedSounds: number;
  readonly spentUsd: number;
}

interface Kept {
  readonly key: string;
  readonly record: unknown;
  readonly usd: number | null;
}

const OPEN_JOBS = `SELECT name, state::text, count(*)::int FROM voice_bot_queue.job
  WHERE name LIKE 'turns%' AND (state <> 'completed' OR name <> 'turns') GROUP BY 1, 2`;
const KEPT = `SELECT key, record, usd FROM voice_bot.conversations
  LEFT JOIN voice_bot.spending ON budget = 'conversation' AND account = key`;
const EPSILON_USD = 1e-9;

/** Notes jobs and reservations that are left, money that was counted wrongly, and commands without an effect. */
export async function judgeRemains({ ledger, postgres, databaseUrl }: World): Promise<Remains> {
  const query = <Row extends object>(sql: string) => postgres.query<Row>(sql, databaseUrl);
  for (const { name, state, count } of await query<{ name: string; state: string; count: number }>(OPEN_JOBS))
    ledger.note('left in the queue', `${count} jobs of ${name} are ${state}`);
  for (const { job } of await query<{ job: string }>('SELECT job FROM voice_bot.spending_reservations'))
    ledger.note(
      'still reserved',
      ledger
        .jobsIn(job)
        .map(({ token, kind }) => `${token} (${kind})`)
        .join(),
    );
  const kept = await query<Kept>(KEPT);
  for (const each of kept) judgeSpent(each, ledger.note.bind(ledger));
  for (const conversation of ledger.conversations) {
    const { record } = kept.find(({ key }) => key === keyOf(conversation)) ?? {};
    const isTold = conversation.messages.some(({ kind }) => COMMANDS.has(kind));
    if (isTold && readRecord(record).settings.voice === undefined)
      ledger.note('command without effect', conversation.id);
  }
  const [{ sounds = 0 } = {}] = await query<{ sounds: number }>('SELECT count(*)::int AS sounds FROM voice_bot.audio');
  const answers = ledger.messages.filter(({ savedAtMs }) => savedAtMs !== undefined).length;
  return { orphanedSounds: sounds - answers, spentUsd: kept.reduce((sum, { usd }) => sum + (usd ?? 0), 0) };
}

/** What the turns of a record have used is what was counted, each once. */
function judgeSpent({ key, record, usd }: Kept, note: (kind: string, details: string) => void): void {
  const [price] = Object.values(DEFAULT_PRICES.models);
  const used = price === undefined ? 0 : costUsd(readRecord(record).usage.tokens, price);
  if (Math.abs(used - (usd ?? 0)) > EPSILON_USD) note('spending', `${key}: ${usd} counted, ${used} used`);
}
