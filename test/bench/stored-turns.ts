import { startPostgres } from '../support/postgres.ts';
import { type BotUnderBench, startBot } from './bot-under-bench.ts';
import { type FarEnds, takeServed } from './far-ends.ts';

/** Turns of a bot on PostgreSQL. */
export interface StoredTurns {
  readonly name: string;
  readonly isAtOnce: boolean;
  /** From the POST to `response.create` at the model, in milliseconds; one for each turn. */
  readonly untilAskedMs: readonly number[];
}

const WARM_UP_ROUNDS = 5;
/** The interval between messages of different users. */
const APART_MS = 50;

/** Conversations with warm sessions, whose users write one after another, and all at the same moment. */
export async function measureStoredTurns(
  conversations: number,
  rounds: number,
  farEnds: FarEnds,
): Promise<StoredTurns[]> {
  await using postgres = await startPostgres();
  const { modelUrl, connector } = farEnds;
  const env = { DATABASE_URL: await postgres.createDatabase() };
  const bot = await startBot({ modelUrl, connector, env });
  const paces = [
    { name: `${conversations}, ${APART_MS} ms apart`, apartMs: APART_MS },
    { name: `${conversations} at once`, apartMs: 0 },
  ];
  const measured: StoredTurns[] = [];
  for (const { name, apartMs } of paces) {
    await talk(bot, conversations, WARM_UP_ROUNDS, apartMs, farEnds);
    measured.push({
      name,
      isAtOnce: apartMs === 0,
      untilAskedMs: await talk(bot, conversations, rounds, apartMs, farEnds),
    });
  }
  await bot.probe.stop();
  return measured;
}

let count = 0;

async function talk(
  bot: BotUnderBench,
  conversations: number,
  rounds: number,
  apartMs: number,
  { model }: FarEnds,
): Promise<number[]> {
  const untilAskedMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const messages = Array.from({ length: conversations }, (_, index) => {
      const id = `stored-${++count}`;
      return { id, conversation: `stored-${index}`, text: `${id} Tell me about the weather in the mountains, please.` };
    });
    const answered = await bot.ask(messages, apartMs);
    const servedAs = await takeServed(model);
    for (const [index, { postedAtMs }] of answered.entries()) {
      untilAskedMs.push(servedAs(messages[index]?.id ?? '').askedAtMs - postedAtMs);
    }
  }
  return untilAskedMs;
}
