import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPoster } from '../support/kit/deliver.ts';
import { exitWithError, newSeed, wholeNumbers } from '../support/kit/options.ts';
import { createRandom } from '../support/kit/random.ts';
import { createProgress, print as say } from '../support/kit/report.ts';
import { readOptions } from '../support/options.ts';
import { startDatabase } from './database.ts';
import { growthOf } from './growth.ts';
import type { Times } from './judge.ts';
import { judgeDatabase } from './judge-database.ts';
import { SoakLedger } from './ledger.ts';
import { LATE_MS, startParts, TURN_MS } from './parts.ts';
import { endsOf, report } from './report.ts';
import { runUsers } from './users.ts';

// `npm run test:soak -- --minutes N [--seed N] [--conversations N] [--logs FOLDER] [--postgres [--instances N]]`: the
// real bot between a model and a channel that both fail at random, on its memory or on a PostgreSQL that fails, too,
// and a judge of everything that users get. Exit code 1 if something was lost, doubled, crossed, out of order or
// broken. The same seed gives the same choices; times vary. `--logs` keeps the logs of the bot.

const values = readOptions({
  minutes: { type: 'string', default: '2' },
  seed: { type: 'string', default: newSeed() },
  conversations: { type: 'string', default: '60' },
  postgres: { type: 'boolean', default: false },
  instances: { type: 'string', default: '' },
  logs: { type: 'string', default: '' },
});
const minutes = Number(values.minutes);
const { seed } = wholeNumbers({ seed: values.seed }, 0);
const { conversations } = wholeNumbers({ conversations: values.conversations }, 1);
const wanted = values.instances === '' ? (values.postgres ? '2' : '1') : values.instances;
const { instances: instanceCount } = wholeNumbers({ instances: wanted }, 1);
if (!(minutes > 0) || (instanceCount > 1 && !values.postgres))
  exitWithError(
    'Usage: npm run test:soak -- --minutes N [--seed WHOLE] [--conversations WHOLE] [--logs FOLDER] [--postgres [--instances WHOLE]]',
  );

const MEAN_DROP_MS = 30_000;
const PROGRESS_MS = 10_000;
const LOOK_MS = 500;
const MINUTE_MS = 60_000;
/** Up to seventeen earlier turns of the same conversation, some of which hang. */
const MAX_SETTLING_MS = 240_000;
/** Users who write while an instance shuts down. */
const LAST_WAVE_MS = 6_000;

const tell = createProgress();
const where = values.postgres ? ` --postgres --instances ${instanceCount}` : '';
say(`soak: --minutes ${minutes} --seed ${seed} --conversations ${conversations}${where}`);

const startedMs = Date.now();
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();
const ledger = new SoakLedger(values.postgres);
const quiet = new AbortController();
const database = values.postgres ? await startDatabase(ledger, seed) : undefined;
const onWrongEnd = () => quiet.abort();
const logFolder = values.logs === '' ? undefined : values.logs;
const parts = await startParts({ ledger, seed, conversations, database, instanceCount, logFolder, onWrongEnd });
const { simulator, channel, instances, watch } = parts;
const times: Times = {
  ...{ turnMs: TURN_MS, lateMs: LATE_MS },
  outageMs: (fromMs, untilMs) => database?.outageMs(fromMs, untilMs) ?? 0,
};
const poster = createPoster();
const target = () => instances.pick();
const userOptions = { ledger, poster, target, channelUrl: channel.url, seed, count: conversations };
let isInterrupted = false;

// In a terminal, Ctrl-C also reaches the bot, which then shuts down.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    say('interrupted: nobody writes any more');
    isInterrupted = true;
    instances.letEnd();
    quiet.abort();
  });

await watch.sample(0);
const timers = [
  setInterval(() => watch.look(), LOOK_MS),
  setInterval(progress, PROGRESS_MS),
  setInterval(() => void watch.sample(minutesNow()), MINUTE_MS),
];
void dropSockets();
const faults = database?.runFaults(quiet.signal);
const over = new AbortController();
const talk = runUsers({ ...userOptions, wave: 'users', quiet: quiet.signal, signal: over.signal });
await sleep(minutes * MINUTE_MS, undefined, { signal: quiet.signal }).catch(() => {});
quiet.abort();
await faults;
await settle();
over.abort();
await talk;
await watch.sample(minutesNow());
if (!isInterrupted && instances.wrongEnds.length === 0) await lastWave();
const problems = database === undefined || isInterrupted ? [] : await judgeDatabase(database, ledger, watch);
await instances.endAll();
await parts.whenAudioChecked();
for (const timer of timers) clearInterval(timer);
watch.look();
problems.push(...instances.wrongEnds, ...growthOf(watch.memory));
const { text, isGood } = report({ ledger, watch, times, problems });
say(text);
say(`longest delay of the soak's own event loop: ${Math.round(loopDelay.max / 1e6)} ms`);
poster.close();
await simulator.close();
await channel.close();
await database?.close();
process.exit(isGood ? 0 : 1);

/** Breaks all sockets of the model now and then, as a failing network does. */
async function dropSockets(): Promise<void> {
  const random = createRandom(seed, 'drops');
  for (;;) {
    await sleep(random.gapMs(MEAN_DROP_MS), undefined, { signal: quiet.signal }).catch(() => {});
    if (quiet.signal.aborted) return;
    ledger.drops.push(Date.now());
    simulator.dropAll();
  }
}

/** Waits until every message has its reply, or has timed out. */
async function settle(): Promise<void> {
  const giveUp = AbortSignal.timeout(MAX_SETTLING_MS);
  const isWaiting = () => endsOf(ledger, watch, times).some(([end]) => end === 'waiting' || end === 'notAccepted');
  while (isWaiting() && !giveUp.aborted && instances.pick() !== undefined) await sleep(LOOK_MS);
  if (isInterrupted) return;
  const untaken = ledger.messages.filter(({ acceptedAtMs }) => acceptedAtMs === undefined);
  for (const { token } of untaken) ledger.note('wrong answer to a POST', `${token} was never taken`);
}

/** Users write while an instance shuts down. What it accepts has to be answered, by itself or by another instance. */
async function lastWave(): Promise<void> {
  if (database !== undefined) await instances.add();
  const [still, none] = [new AbortController(), new AbortController()];
  const wave = runUsers({ ...userOptions, wave: 'last wave', quiet: still.signal, signal: none.signal });
  await sleep(LAST_WAVE_MS / 2);
  const ended = instances.endOldest();
  await sleep(LAST_WAVE_MS / 2);
  still.abort();
  await ended;
  // The last request may not have arrived.
  ledger.drops.push(Date.now());
  if (database !== undefined) await settle();
  none.abort();
  await wave;
}

function progress(): void {
  const ends = endsOf(ledger, watch, times).map(([end, count]) => `${end} ${count}`);
  const broken = ledger.findings.length + watch.broken.length;
  tell(`${ends.join(', ')}; sessions ${simulator.openSessions}, broken ${broken}`);
}

function minutesNow(): number {
  return Math.round((Date.now() - startedMs) / (MINUTE_MS / 10)) / 10;
}
