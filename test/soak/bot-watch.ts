import { type BotOutput, type ProbedBot, watchOutput } from '../support/kit/bot.ts';
import type { Figures } from '../support/kit/probe.ts';

export interface MemorySample extends Figures {
  readonly atMinute: number;
}

/** Why the bot gave up a reply: the channel's status, or what became of the connection. */
export interface NotSent {
  readonly status: number | undefined;
  readonly code: string;
}

/** What the bot's own output says. */
export interface BotWatch extends BotOutput {
  /** The replies that the bot gave up, by their activity's id. */
  readonly notSent: ReadonlyMap<string, NotSent>;
  readonly memory: readonly MemorySample[];
  /** Takes a sample of the bot's memory; none if its process has ended. */
  sample(atMinute: number): Promise<void>;
}

export function watchBot({ bot, figures }: ProbedBot): BotWatch {
  const notSent = new Map<string, NotSent>();
  const memory: MemorySample[] = [];
  const output = watchOutput(bot, ({ msg, activity, err }) => {
    if (msg === 'reply not sent') notSent.set(String(activity), reasonOf(err));
  });
  return {
    ...{ ...output, notSent, memory },
    async sample(atMinute) {
      const taken = await figures().catch(() => undefined);
      if (taken !== undefined) memory.push({ ...taken, atMinute });
    },
  };
}

function reasonOf(err: unknown): NotSent {
  const { type, code, statusCode } = (err ?? {}) as { type?: unknown; code?: unknown; statusCode?: unknown };
  return { status: typeof statusCode === 'number' ? statusCode : undefined, code: String(code ?? type) };
}
