import type { BotUnderBench } from './bot-under-bench.ts';
import { type FarEnds, takeServed } from './far-ends.ts';
import { CALL_PREFIX } from './turn-frames.ts';

/** One line of the figures. */
export interface Scenario {
  readonly conversations: 1 | 50;
  /** A new conversation, with a new socket, for every turn. */
  readonly isCold: boolean;
  /** Whether the model calls a tool of 0 ms first, so that each turn is two responses. Default: false. */
  readonly hasCall?: boolean;
  /** Measured rounds of each side, without the warm-up. */
  readonly rounds: number;
  /** Batches of one turn in each conversation, one batch after another. */
  readonly batchesPerRound: number;
}

/** One turn, in milliseconds. */
export interface TurnFigures {
  /** From the POST (bare loop: the first event) to the reply at the channel (bare loop: `response.done`). */
  readonly totalMs: number;
  /** From the same start to `response.create` at the model. */
  readonly untilAskedMs: number;
  /** From the last delta to the same end. */
  readonly afterLastDeltaMs: number;
}

export interface Side {
  readonly turns: readonly TurnFigures[];
  /** Processor time of the side's own process. */
  readonly cpuPerTurnMs: number;
}

export interface Figures {
  readonly scenario: Scenario;
  readonly bare: Side;
  readonly bot: Side;
}

interface RunTurn {
  readonly label: string;
  /** Milliseconds since the epoch, like the next. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

interface Runner {
  /** One turn under each label, all at once. */
  readonly batch: (labels: readonly string[]) => Promise<RunTurn[]>;
  readonly cpuMs: () => Promise<number>;
}

const WARM_UP_ROUNDS = 3;
const AUDIO_BYTES = 300_000;
let labelCount = 0;

/** Alternates between the two sides, so that other load on the machine affects both. */
export async function runScenario(scenario: Scenario, farEnds: FarEnds, bot: BotUnderBench): Promise<Figures> {
  const runners = { bare: bareRunner(scenario, farEnds), bot: botRunner(scenario, bot) };
  const turns: { bare: TurnFigures[]; bot: TurnFigures[] } = { bare: [], bot: [] };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await runRound(runners.bare, scenario, farEnds);
    await runRound(runners.bot, scenario, farEnds);
  }
  // Includes the work of a side after its last reply, during the round of the other side.
  const before = { bare: await runners.bare.cpuMs(), bot: await runners.bot.cpuMs() };
  for (let round = 0; round < scenario.rounds; round++) {
    turns.bare.push(...(await runRound(runners.bare, scenario, farEnds)));
    turns.bot.push(...(await runRound(runners.bot, scenario, farEnds)));
  }
  const spent = { bare: (await runners.bare.cpuMs()) - before.bare, bot: (await runners.bot.cpuMs()) - before.bot };
  return {
    scenario,
    bare: { turns: turns.bare, cpuPerTurnMs: spent.bare / turns.bare.length },
    bot: { turns: turns.bot, cpuPerTurnMs: spent.bot / turns.bot.length },
  };
}

async function runRound(runner: Runner, scenario: Scenario, { model }: FarEnds): Promise<TurnFigures[]> {
  const run: RunTurn[] = [];
  for (let batch = 0; batch < scenario.batchesPerRound; batch++) {
    const labels = Array.from(
      { length: scenario.conversations },
      () => `${scenario.hasCall === true ? CALL_PREFIX : 'turn'}-${++labelCount}`,
    );
    run.push(...(await runner.batch(labels)));
  }
  const servedAs = await takeServed(model);
  return run.map(({ label, startedAtMs, endedAtMs }) => {
    const { askedAtMs, lastDeltaAtMs } = servedAs(label);
    return {
      totalMs: endedAtMs - startedAtMs,
      untilAskedMs: askedAtMs - startedAtMs,
      afterLastDeltaMs: endedAtMs - lastDeltaAtMs,
    };
  });
}

function bareRunner({ isCold }: Scenario, { bare, modelUrl }: FarEnds): Runner {
  return {
    cpuMs: () => bare.call('cpuMs'),
    async batch(labels) {
      const turns = await bare.call('batch', { url: modelUrl, isCold, texts: labels.map(userText) });
      return turns.map(({ startedAtMs, endedAtMs, audioBytes }, index) => {
        if (audioBytes !== AUDIO_BYTES) throw new Error(`the bare loop got ${audioBytes} bytes of audio`);
        return { label: labels[index] ?? '', startedAtMs, endedAtMs };
      });
    },
  };
}

function botRunner({ isCold }: Scenario, bot: BotUnderBench): Runner {
  return {
    cpuMs: () => bot.probe.call('cpuMs'),
    async batch(labels) {
      const conversationOf = (label: string, index: number) => (isCold ? `cold-${label}` : `warm-${index}`);
      const answered = await bot.ask(
        labels.map((label, index) => ({
          id: label,
          conversation: conversationOf(label, index),
          text: userText(label),
        })),
      );
      return answered.map(({ postedAtMs, reply }, index) => ({
        label: labels[index] ?? '',
        startedAtMs: postedAtMs,
        endedAtMs: reply.atMs,
      }));
    },
  };
}

function userText(label: string): string {
  return `${label} Tell me about the weather in the mountains, please.`;
}
