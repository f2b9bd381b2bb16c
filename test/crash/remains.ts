import { readRecord } from '../../src/conversation/records.ts';
import { costUsd, DEFAULT_PRICES } from '../../src/prices.ts';
import { keyOf } from './ledger.ts';
import { COMMANDS } from './steps.ts';
import type { World } from './world.ts';

/** The state of the database once everything is answered. */
export interface Remains {
  /** Audio of attempts that ended with their process; retention deletes it. */
  readonly orphanedAudio: number;
  readonly spentUsd: number;
}

interface ConversationRow {
  readonly key: string;
  readonly record: unknown;
  readonly usd: number | null;
}

const OPEN_JOBS = `SELECT name, state::text, count(*)::int FROM voice_bot_queue.job
  WHERE name LIKE 'turns%' AND (state <> 'completed' OR name <> 'turns') GROUP BY 1, 2`;
const CONVERSATIONS = `SELECT key, record, usd FROM voice_bot.conversations
  LEFT JOIN voice_bot.spending ON budget = 'conversation' AND account = key`;
const EPSILON_USD = 1e-9;

/** Notes jobs and reservations that are left over, wrong spending, and commands without an effect. */
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
  const kept = await query<ConversationRow>(CONVERSATIONS);
  for (const each of kept) judgeSpent(each, ledger.note.bind(ledger));
  for (const conversation of ledger.conversations) {
    const { record } = kept.find(({ key }) => key === keyOf(conversation)) ?? {};
    const hasCommand = conversation.messages.some(({ kind }) => COMMANDS.has(kind));
    if (hasCommand && readRecord(record).settings.voice === undefined)
      ledger.note('command without effect', conversation.id);
  }
  const [{ clips = 0 } = {}] = await query<{ clips: number }>('SELECT count(*)::int AS clips FROM voice_bot.audio');
  const answers = ledger.messages.filter(({ savedAtMs }) => savedAtMs !== undefined).length;
  return { orphanedAudio: clips - answers, spentUsd: kept.reduce((sum, { usd }) => sum + (usd ?? 0), 0) };
}

/** Compares the usage in a record with the spending. */
function judgeSpent({ key, record, usd }: ConversationRow, note: (kind: string, details: string) => void): void {
  const [price] = Object.values(DEFAULT_PRICES.models);
  const used = price === undefined ? 0 : costUsd(readRecord(record).usage.tokens, price);
  if (Math.abs(used - (usd ?? 0)) > EPSILON_USD) note('spending', `${key}: ${usd} counted, ${used} used`);
}
