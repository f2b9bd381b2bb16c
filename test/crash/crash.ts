import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { exitWithError, newSeed, wholeNumbers } from '../support/kit/options.ts';
import { createRandom } from '../support/kit/random.ts';
import { createProgress, print } from '../support/kit/report.ts';
import { readOptions } from '../support/options.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { runInstances } from './instances.ts';
import { KILLS_ENV, runKills } from './kills.ts';
import { keepLogs, type Report, report } from './report.ts';
import { startWorld, type World } from './world.ts';

// `npm run test:crash -- [--seed N] [--bots N] [--rounds N] [--only kills|instances]`: `kill -9` of the real bot on a
// real PostgreSQL. Kills: several bots, each with its own database, are killed `--rounds` times with a turn at every
// step, and restarted. Instances: one of three on one database is killed in the middle of 60 conversations. Exit code 1
// if an answer was lost, crossed, out of order, late, or avoidably doubled, if spending is wrong, or if anything broke.
// The same seed gives the same choices; times vary. `--bots 1 --rounds 1` is a quick check.

const values = readOptions({
  seed: { type: 'string', default: newSeed() },
  bots: { type: 'string', default: '3' },
  rounds: { type: 'string', default: '4' },
  only: { type: 'string', default: '' },
});
const { seed } = wholeNumbers({ seed: values.seed }, 0);
const { bots, rounds } = wholeNumbers({ bots: values.bots, rounds: values.rounds }, 1);
if (!['', 'kills', 'instances'].includes(values.only))
  exitWithError('Usage: npm run test:crash -- [--seed N] [--bots N] [--rounds N] [--only kills|instances]');

/** Options of the part with three instances. */
const TALKS = 60;
/** The minimum number of interrupted turns in a whole run. */
const MIN_INTERRUPTED = 200;
const WHOLE_KILLS = 12;

const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();
const say = createProgress();
print(`crash: --seed ${seed} --bots ${bots} --rounds ${rounds}`);

const results: boolean[] = [];
if (values.only !== 'instances') {
  const names = Array.from({ length: bots }, (_, index) => String.fromCharCode('a'.charCodeAt(0) + index));
  const kill = (world: World) => runKills({ world, seed, rounds, say });
  const { interrupted } = await part('kills', names, KILLS_ENV, kill);
  const isEnough = bots * rounds < WHOLE_KILLS || interrupted >= MIN_INTERRUPTED;
  if (!isEnough) print(`only ${interrupted} turns were interrupted`);
  results.push(isEnough);
}
if (values.only !== 'kills')
  await part('instances', ['i'], {}, (world) => runInstances({ world, seed, conversations: TALKS, say }));
print(`\nthe longest delay of the event loop here: ${Math.round(loopDelay.max / 1e6)} ms`);
const isGood = results.every(Boolean);
print(isGood ? 'GOOD: nothing lost, crossed, late, out of order, or sent again' : 'BAD: see the findings');
await (await sharedPostgres()).close();
process.exit(isGood ? 0 : 1);

/** Runs one part in parallel worlds with these names. */
async function part(
  title: string,
  names: readonly string[],
  env: Readonly<Record<string, string>>,
  run: (world: World) => Promise<void>,
): Promise<Report> {
  const random = createRandom(seed, 'times');
  const times = { thinkMs: () => random.integer(0, 60), channelMs: () => random.integer(0, 20) };
  const worlds = await Promise.all(names.map((name) => startWorld({ name, env, ...times })));
  let isPartGood = false;
  try {
    await Promise.all(worlds.map(run));
    const result = await report(title, worlds);
    print(result.text);
    isPartGood = result.isGood;
    return result;
  } finally {
    results.push(isPartGood);
    await Promise.all(worlds.map((world) => world.close()));
    const directory = join(tmpdir(), `crash-${seed}-${title}`);
    if (!isPartGood) {
      keepLogs(worlds, directory);
      print(`what the instances wrote: ${directory}`);
    }
  }
}
