import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { endWithUsage, newSeed, wholeNumbers } from '../support/kit/options.ts';
import { createRandom } from '../support/kit/random.ts';
import { createProgress, print as say } from '../support/kit/report.ts';
import { readOptions } from '../support/options.ts';
import { runInstances } from './instances.ts';
import { runKills } from './kills.ts';
import { keepLogs, report } from './report.ts';
import { startWorld, type World } from './world.ts';

// `npm run test:crash -- [--seed N] [--rounds N] [--conversations N] [--only kills|instances]`: instances of the real
// bot before one storage are killed with `kill -9` at every step of a turn. `--rounds` kills, each with
// `--conversations` turns at each step. Exit code 1 when an answer was lost, crossed, doubled although its arrival was
// recorded, out of order, or late, or when anything broke. The same seed makes the same choices; times vary.

const values = readOptions({
  seed: { type: 'string', default: newSeed() },
  rounds: { type: 'string', default: '4' },
  conversations: { type: 'string', default: '5' },
  only: { type: 'string', default: '' },
});
const { seed } = wholeNumbers({ seed: values.seed }, 0);
const { rounds, conversations } = wholeNumbers({ rounds: values.rounds, conversations: values.conversations }, 1);
if (!['', 'kills', 'instances'].includes(values.only))
  endWithUsage('Usage: npm run test:crash -- [--seed N] [--rounds N] [--conversations N] [--only kills|instances]');

/** Of the part with three instances. */
const TALKS = 60;
/** As many turns as are to be interrupted at least, by the kills of a whole run. */
const LEAST_INTERRUPTED = 200;
const WHOLE = { rounds: 4, conversations: 5 };

const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();
const tell = createProgress();
say(`crash: --seed ${seed} --rounds ${rounds} --conversations ${conversations}`);

const random = createRandom(seed, 'times');
const times = { thinkMs: () => random.whole(0, 60), channelMs: () => random.whole(0, 20) };
const results: boolean[] = [];
if (values.only !== 'instances') {
  await part('kills', (world) => runKills({ world, seed, rounds, conversations, say: tell }));
}
if (values.only !== 'kills') {
  await part('instances', (world) => runInstances({ world, seed, conversations: TALKS, say: tell }));
}
say(`\nthe longest delay of the event loop here: ${Math.round(loopDelay.max / 1e6)} ms`);
const isGood = results.every(Boolean);
say(isGood ? 'GOOD: nothing lost, crossed, late, out of order, or sent again' : 'BAD: see the findings');
process.exit(isGood ? 0 : 1);

async function part(title: string, run: (world: World) => Promise<void>): Promise<void> {
  const world = await startWorld(times);
  try {
    await run(world);
    const { text, isGood: isPartGood, interrupted } = report(title, world);
    say(text);
    const isSmall = title !== 'kills' || rounds < WHOLE.rounds || conversations < WHOLE.conversations;
    const isEnough = isSmall || interrupted >= LEAST_INTERRUPTED;
    if (!isEnough) say(`only ${interrupted} turns were interrupted`);
    results.push(isPartGood && isEnough);
  } finally {
    const directory = join(tmpdir(), `crash-${seed}-${title}`);
    await world.close();
    if (results.at(-1) !== true) {
      keepLogs(world, directory);
      say(`what the instances wrote: ${directory}`);
    }
  }
}
