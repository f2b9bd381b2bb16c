import '../../src/node-version.js';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { readOptions } from '../support/options.ts';
import { startBot } from './bot-under-bench.ts';
import { stopAll } from './children.ts';
import { measureClips } from './clips.ts';
import { measureDocuments } from './documents.ts';
import { startFarEnds } from './far-ends.ts';
import { type FirstText, measureFirstText } from './first-text.ts';
import { measureIdleMemory } from './idle-memory.ts';
import { type Results, report } from './report.ts';
import { type Figures, runScenario, type Scenario } from './rounds.ts';
import { measureStarts } from './start-time.ts';
import { measureStoredTurns } from './stored-turns.ts';
import { measureToolCount } from './tool-count.ts';

// Compares the built bot with a bare loop on the `openai` client, on the same scripted turn. Targets are reported and
// not enforced, since they depend on the machine.

interface Plan {
  /** Turns before the measurement, until the code of both sides is compiled. */
  readonly warmUp: Scenario;
  readonly scenarios: readonly Scenario[];
  /** Parallel conversations and rounds for the time to the first text. */
  readonly firstText: readonly (readonly [conversations: number, rounds: number])[];
  /** Parallel conversations and rounds for a bot with a database. */
  readonly stored: readonly [conversations: number, rounds: number];
  readonly idleConversations: number;
  readonly starts: number;
  /** How often a minute of each audio format is decoded. */
  readonly clips: number;
  /** Rounds of a bot with many tools. */
  readonly toolRounds: number;
  /** Pages of Markdown, and searches in them. */
  readonly documents: readonly [pages: number, queries: number];
}

const FULL: Plan = {
  warmUp: { conversations: 50, isCold: false, rounds: 8, batchesPerRound: 2 },
  scenarios: [
    { conversations: 1, isCold: false, rounds: 20, batchesPerRound: 20 },
    { conversations: 1, isCold: true, rounds: 20, batchesPerRound: 20 },
    { conversations: 1, isCold: false, hasCall: true, rounds: 20, batchesPerRound: 20 },
    { conversations: 50, isCold: false, rounds: 20, batchesPerRound: 2 },
    { conversations: 50, isCold: true, rounds: 20, batchesPerRound: 2 },
  ],
  firstText: [
    [1, 100],
    [10, 20],
  ],
  stored: [20, 20],
  idleConversations: 1000,
  starts: 5,
  clips: 20,
  toolRounds: 40,
  documents: [1_000, 1_000],
};

/** To try the bench itself; the figures mean little. */
const QUICK: Plan = {
  warmUp: { ...FULL.warmUp, rounds: 1 },
  scenarios: FULL.scenarios.map((scenario) => ({ ...scenario, rounds: 2, batchesPerRound: 1 })),
  firstText: [[1, 5]],
  stored: [20, 2],
  idleConversations: 50,
  starts: 1,
  clips: 2,
  toolRounds: 2,
  documents: [50, 50],
};

const root = fileURLToPath(new URL('../../', import.meta.url));

function build(): void {
  const { status } = spawnSync(process.execPath, [`${root}dev/packaging/build.ts`], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the bot could not be built');
}

function tell(step: string): void {
  process.stderr.write(`${step} ...\n`);
}

async function measure(plan: Plan): Promise<Results> {
  const { warmUp, scenarios, firstText, idleConversations, starts: count } = plan;
  tell('building');
  build();
  tell('starting the bot several times');
  const starts = await measureStarts(count);
  tell('decoding audio');
  const clips = await measureClips(plan.clips);
  tell('documents');
  const documents = await measureDocuments(...plan.documents);
  const farEnds = await startFarEnds();
  tell('idle conversations');
  const idle = await measureIdleMemory(idleConversations, farEnds);
  tell('many tools');
  const toolCount = await measureToolCount(plan.toolRounds, farEnds);
  const { modelUrl, connector } = farEnds;
  // A small audio store, which is full at once, as after a day of real use.
  const bot = await startBot({ modelUrl, connector, env: { AUDIO_MEMORY_MB: '32', EXAMPLE_TOOLS: 'true' } });
  tell('warming up');
  await runScenario(warmUp, farEnds, bot);
  const figures: Figures[] = [];
  for (const scenario of scenarios) {
    tell(
      `${scenario.conversations} conversations, ${scenario.isCold ? 'cold' : 'warm'}${scenario.hasCall ? ', one call' : ''}`,
    );
    figures.push(await runScenario(scenario, farEnds, bot));
  }
  tell('first words in Web Chat');
  const firstTexts: FirstText[] = [];
  for (const [conversations, rounds] of firstText) {
    firstTexts.push(await measureFirstText(conversations, rounds, farEnds, bot));
  }
  const usage = { bare: await farEnds.bare.call('usage'), bot: await bot.probe.call('usage') };
  await bot.probe.stop();
  tell('turns on PostgreSQL');
  const stored = await measureStoredTurns(...plan.stored, farEnds);
  return { figures, firstTexts, usage, idle, starts, stored, clips, toolCount, documents };
}

async function main(): Promise<number> {
  const values = readOptions({ quick: { type: 'boolean', default: false } });
  try {
    const results = await measure(values.quick ? QUICK : FULL);
    if (values.quick) process.stdout.write('A quick run: its figures are not worth much.\n');
    process.stdout.write(`${report(results)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`The bench broke: ${inspect(error)}\n`);
    return 1;
  } finally {
    await stopAll();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(1)));

process.exitCode = await main();
