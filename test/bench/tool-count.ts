import { type BotUnderBench, startBot } from './bot-under-bench.ts';
import { type FarEnds, takeServed } from './far-ends.ts';
import { mcpConfig } from './mcp-config.ts';

/** The cost of configured tools, on warm sessions. */
export interface ToolCount {
  readonly tools: number;
  /** From the POST to the reply, in milliseconds; one for each turn. */
  readonly totalMs: { readonly without: readonly number[]; readonly with: readonly number[] };
}

/** The bot's own functions. */
const OWN = { EXAMPLE_TOOLS: 'true' };
/** They offer 12, 14 and 12 tools. */
const SERVERS = 3;
const MIN_TOOLS = 40;
const WARM_UP_ROUNDS = 100;
const LISTING_LIMIT_MS = 30_000;
const TURNS_PER_ROUND = 10;

/** Asks a bot with its own functions only, and one with 40 tools of MCP servers as well, by turns. */
export async function measureToolCount(rounds: number, farEnds: FarEnds): Promise<ToolCount> {
  const config = mcpConfig(SERVERS);
  const { model, modelUrl, connector } = farEnds;
  const without = await startBot({ modelUrl, connector, env: OWN });
  const withTools = await startBot({ modelUrl, connector, env: { ...OWN, ...config.env } });
  try {
    const tools = await listedTools(withTools, farEnds);
    for (const bot of [without, withTools]) await talk(bot, WARM_UP_ROUNDS);
    const totalMs: { without: number[]; with: number[] } = { without: [], with: [] };
    for (let round = 0; round < rounds; round++) {
      totalMs.without.push(...(await talk(without, TURNS_PER_ROUND)));
      totalMs.with.push(...(await talk(withTools, TURNS_PER_ROUND)));
    }
    await takeServed(model);
    return { tools, totalMs };
  } finally {
    await Promise.all([without.probe.stop(), withTools.probe.stop()]);
    config.remove();
  }
}

/** Servers connect after the start, and their tools count from the next turn. */
async function listedTools(bot: BotUnderBench, { model }: FarEnds): Promise<number> {
  const untilMs = performance.now() + LISTING_LIMIT_MS;
  while (performance.now() < untilMs) {
    await talk(bot, 1);
    const tools = await model.call('toolCount');
    if (tools >= MIN_TOOLS) return tools;
  }
  throw new Error(`the model was not given ${MIN_TOOLS} tools`);
}

let count = 0;

async function talk(bot: BotUnderBench, turns: number): Promise<number[]> {
  const totalMs: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const id = `tools-${++count}`;
    const [answered] = await bot.ask([{ id, conversation: 'tools', text: `${id} Hello.` }]);
    if (answered !== undefined) totalMs.push(answered.reply.atMs - answered.postedAtMs);
  }
  return totalMs;
}
