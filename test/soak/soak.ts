import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAzurite } from '../support/azurite.ts';
import { createPoster } from '../support/kit/deliver.ts';
import { endWithUsage, newSeed, wholeNumbers } from '../support/kit/options.ts';
import { createRandom } from '../support/kit/random.ts';
import { createProgress, print as say } from '../support/kit/report.ts';
import { readOptions } from '../support/options.ts';
import { SoakLedger } from './ledger.ts';
import { startParts, TIMES } from './parts.ts';
import { endsOf, report } from './report.ts';
import { runUsers } from './users.ts';

// `npm run test:soak -- --minutes N [--seed N] [--conversations N] [--azurite]`: the real bot between a model and a channel that
// both fail at random, and a judge of everything that users get. Exit code 1 when something was lost, doubled, crossed,
// out of order, or broke. The same seed makes the same choices; times vary.

const values = readOptions({
  minutes: { type: 'string', default: '2' },
  seed: { type: 'string', default: newSeed() },
  conversations: { type: 'string', default: '60' },
  azurite: { type: 'boolean', default: false },
});
const minutes = Number(values.minutes);
const { seed } = wholeNumbers({ seed: values.seed }, 0);
const { conversations } = wholeNumbers({ conversations: values.conversations }, 1);
if (!(minutes > 0))
  endWithUsage('Usage: npm run test:soak -- --minutes N [--seed WHOLE] [--conversations WHOLE] [--azurite]');

const MEAN_DROP_MS = 30_000;
const PROGRESS_MS = 10_000;
const LOOK_MS = 500;
const MINUTE_MS = 60_000;
/** Seventeen turns of one conversation may be ahead, some of which hang. */
const MOST_SETTLING_MS = 240_000;
/** Users who write while the bot is told to end. */
const LAST_WAVE_MS = 6_000;
const BOT_END_LIMIT_MS = 60_000;

const tell = createProgress();
say(`soak: --minutes ${minutes} --seed ${seed} --conversations ${conversations}`);

const startedMs = Date.now();
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();
const ledger = new SoakLedger();
const azurite = values.azurite ? await startAzurite() : undefined;
const { simulator, channel, bot, botUrl, watch, whenHeard } = await startParts({
  ledger,
  seed,
  conversations,
  azurite,
});
const poster = createPoster();
const userOptions = { ledger, poster, botUrl, channelUrl: channel.url, seed, count: conversations };
const quiet = new AbortController();
let isInterrupted = false;
let mayEnd = false;
let hasEnded = false;
let wrongEnd: string | undefined;

// In a terminal Ctrl-C reaches the bot, too, which then ends by itself.
process.on('SIGINT', () => {
  say('interrupted: nobody writes any more');
  isInterrupted = true;
  quiet.abort();
});
void bot.ended.then(({ code, signal }) => {
  hasEnded = true;
  const isRight = code === 0 && (mayEnd || isInterrupted);
  if (!isRight) wrongEnd = `the bot ended ${mayEnd ? '' : 'while it was needed '}with code ${code}, signal ${signal}`;
  quiet.abort();
});

await watch.sample(0);
const timers = [
  setInterval(() => watch.look(), LOOK_MS),
  setInterval(progress, PROGRESS_MS),
  setInterval(() => void watch.sample(minutesNow()), MINUTE_MS),
];
void dropSockets();
const over = new AbortController();
const talk = runUsers({ ...userOptions, wave: 'users', quiet: quiet.signal, over: over.signal });
await sleep(minutes * MINUTE_MS, undefined, { signal: quiet.signal }).catch(() => {});
quiet.abort();
await settle();
over.abort();
await talk;
if (!hasEnded) await watch.sample(minutesNow());
// What an instance with a storage account has not answered at its end waits for the next one: see test/crash.
if (!hasEnded && !isInterrupted && azurite === undefined) await lastWave();
await endBot();
await whenHeard();
for (const timer of timers) clearInterval(timer);
watch.look();
const { text, isGood } = report(ledger, watch, TIMES, wrongEnd);
say(text);
say(`longest delay of the soak's own event loop: ${Math.round(loopDelay.max / 1e6)} ms`);
poster.close();
await simulator.close();
await channel.close();
await azurite?.close();
process.exit(isGood ? 0 : 1);

/** Breaks all of the model's sockets now and then, as a failing network does. */
async function dropSockets(): Promise<void> {
  const random = createRandom(seed, 'drops');
  for (;;) {
    await sleep(random.gapMs(MEAN_DROP_MS), undefined, { signal: quiet.signal }).catch(() => {});
    if (quiet.signal.aborted) return;
    ledger.drops.push(Date.now());
    simulator.dropAll();
  }
}

/** Waits until every message has its reply, or its time is over. */
async function settle(): Promise<void> {
  const giveUp = AbortSignal.timeout(MOST_SETTLING_MS);
  const isWaiting = () => endsOf(ledger, watch, TIMES).some(([end]) => end === 'waiting' || end === 'notAccepted');
  while (isWaiting() && !giveUp.aborted && !hasEnded) await sleep(LOOK_MS);
  const untaken = ledger.messages.filter(({ acceptedAtMs }) => acceptedAtMs === undefined);
  if (isInterrupted) return;
  for (const { token } of untaken) ledger.note('wrong answer to a POST', `${token} was never taken`);
}

/** Users write while the bot is told to end: what it still takes has to be answered. */
async function lastWave(): Promise<void> {
  const [still, none] = [new AbortController(), new AbortController()];
  const wave = runUsers({ ...userOptions, wave: 'last wave', quiet: still.signal, over: none.signal });
  await sleep(LAST_WAVE_MS / 2);
  mayEnd = true;
  bot.signal('SIGTERM');
  await sleep(LAST_WAVE_MS / 2);
  still.abort();
  await Promise.race([bot.ended, sleep(BOT_END_LIMIT_MS)]);
  none.abort();
  await wave;
}

async function endBot(): Promise<void> {
  watch.look();
  mayEnd = true;
  // A second signal would end it at once.
  if (!watch.lines.has('info draining')) bot.signal('SIGTERM');
  await Promise.race([bot.ended, sleep(BOT_END_LIMIT_MS)]);
  if (!hasEnded) wrongEnd = `the bot did not end within ${BOT_END_LIMIT_MS} ms`;
  await bot[Symbol.asyncDispose]();
}

function progress(): void {
  const ends = endsOf(ledger, watch, TIMES).map(([end, count]) => `${end} ${count}`);
  const broken = ledger.findings.length + watch.broken.length;
  tell(`${ends.join(', ')}; sessions ${simulator.openSessions}, broken ${broken}`);
}

function minutesNow(): number {
  return Math.round((Date.now() - startedMs) / (MINUTE_MS / 10)) / 10;
}
