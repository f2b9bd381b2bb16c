import type { BotUnderBench } from './bot-under-bench.ts';
import { type FarEnds, takeServed } from './far-ends.ts';

/** The time to the first text in Web Chat. */
export interface FirstText {
  readonly conversations: number;
  /** From the model's first delta to the first piece at the channel, in milliseconds; one for each turn. */
  readonly afterFirstDeltaMs: readonly number[];
}

const WARM_UP_ROUNDS = 5;

/** Runs turns of parallel conversations in warm sessions. */
export async function measureFirstText(
  conversations: number,
  rounds: number,
  { model }: FarEnds,
  bot: BotUnderBench,
): Promise<FirstText> {
  const afterFirstDeltaMs: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const messages = Array.from({ length: conversations }, (_, index) => {
      const id = `live-${conversations}-${round}-${index}`;
      return {
        id,
        conversation: `live-${conversations}-${index}`,
        text: `${id} Hello.`,
        channelId: 'webchat' as const,
      };
    });
    const answered = await bot.ask(messages);
    const servedAs = await takeServed(model);
    if (round < 0) continue;
    for (const [index, { reply }] of answered.entries()) {
      const { firstDeltaAtMs } = servedAs(messages[index]?.id ?? '');
      if (reply.firstPieceAtMs === undefined) throw new Error(`${messages[index]?.id} was not shown while it was made`);
      afterFirstDeltaMs.push(reply.firstPieceAtMs - firstDeltaAtMs);
    }
  }
  return { conversations, afterFirstDeltaMs };
}
