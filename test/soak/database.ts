import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../support/kit/random.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';
import type { SoakLedger } from './ledger.ts';

/** A PostgreSQL that fails at random, behind a network that fails at random. */
export interface SoakDatabase {
  /** Settings that connect another instance. */
  connect(): Promise<Record<string, string>>;
  /** Injects faults at random times. Resolves once `quiet` is aborted and everything works again. */
  runFaults(quiet: AbortSignal): Promise<void>;
  /** The extra time of a turn because of faults in this interval. All in milliseconds. */
  outageMs(fromMs: number, untilMs: number): number;
  /** The leftovers in the database. */
  left(): Promise<Left>;
  /** The connections of each instance. */
  connections(): readonly Connections[];
  close(): Promise<void>;
}

export interface Left {
  /** Unfinished jobs and dead letters, as `queue state`. */
  readonly jobs: readonly (readonly [string, number])[];
  /** Turns with reservations. */
  readonly reservations: readonly string[];
  /** Jobs of messages that were refused because the queue was full. */
  readonly cancelled: readonly string[];
}

/** The connections of an instance. */
export interface Connections {
  readonly peak: number;
  /** The longest time over its limit: a broken connection may be replaced before it is closed. */
  readonly longestOverMs: number;
}

export const POOL_SIZE = 5;
const LOOK_MS = 100;
const MEAN_GAP_MS = 15_000;
/** A job whose fetch lost its answer is released after its heartbeat timeout of 30 s, by the next supervision. */
const RECOVERY_MS = 45_000;
/** The longest outage makes running turns miss heartbeats, which the bot also survives. */
const WEIGHTS = {
  restart: 25,
  longRestart: 4,
  crash: 15,
  pause: 25,
  longPause: 4,
  cut: 15,
  terminate: 10,
  lostCommit: 40,
};

type DatabaseFault = keyof typeof WEIGHTS;

/** Everything except the network of an instance is shared. */
interface World {
  readonly server: TestPostgres;
  readonly address: string;
  readonly proxies: PostgresProxy[];
  readonly ledger: SoakLedger;
}

export async function startDatabase(ledger: SoakLedger, seed: number): Promise<SoakDatabase> {
  const server = await startPostgres();
  const address = await server.createDatabase();
  const world: World = { server, address, proxies: [], ledger };
  const counter = countConnections(world.proxies);
  const faults: { readonly fromMs: number; readonly untilMs: number }[] = [];
  return {
    async connect() {
      const proxy = await startPostgresProxy(server.port);
      world.proxies.push(proxy);
      return { DATABASE_URL: proxy.addressOf(address), DATABASE_POOL_SIZE: String(POOL_SIZE) };
    },
    async runFaults(quiet) {
      const random = createRandom(seed, 'database');
      for (;;) {
        await sleep(random.gapMs(MEAN_GAP_MS), undefined, { signal: quiet }).catch(() => {});
        if (quiet.aborted) return;
        const fromMs = Date.now();
        await fail(drawFault(random), random, world);
        faults.push({ fromMs, untilMs: Date.now() });
      }
    },
    outageMs(fromMs, untilMs) {
      const met = faults.filter((fault) => fault.fromMs < untilMs && fault.untilMs + RECOVERY_MS > fromMs);
      return met.reduce((sum, fault) => sum + (fault.untilMs - fault.fromMs) + RECOVERY_MS, 0);
    },
    left: () => leftIn(world),
    connections: counter.read,
    async close() {
      counter.stop();
      for (const proxy of world.proxies) await proxy[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** Polls all networks, including those of later instances. */
function countConnections(proxies: readonly PostgresProxy[]) {
  const counts = new Map<PostgresProxy, { peak: number; overSinceMs: number; longestOverMs: number }>();
  const look = () => {
    const nowMs = Date.now();
    for (const proxy of proxies) {
      const { openCount } = proxy;
      const { peak, overSinceMs, longestOverMs } = counts.get(proxy) ?? {
        peak: 0,
        overSinceMs: nowMs,
        longestOverMs: 0,
      };
      const sinceMs = openCount > POOL_SIZE ? overSinceMs : nowMs;
      counts.set(proxy, {
        ...{ peak: Math.max(peak, openCount), overSinceMs: sinceMs },
        longestOverMs: Math.max(longestOverMs, nowMs - sinceMs),
      });
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    read: (): readonly Connections[] => [...counts.values()],
    stop: () => clearInterval(timer),
  };
}

function drawFault(random: Random): DatabaseFault {
  const fault = random.weighted(WEIGHTS);
  // Windows cannot pause a process.
  return process.platform === 'win32' && (fault === 'pause' || fault === 'longPause') ? 'restart' : fault;
}

async function fail(fault: DatabaseFault, random: Random, world: World): Promise<void> {
  const { server, proxies, ledger } = world;
  ledger.count('database', fault);
  const proxy = random.pick(proxies);
  switch (fault) {
    case 'restart':
      return restart(server, random.integer(0, 6_000));
    case 'longRestart':
      return restart(server, 20_000);
    case 'crash':
      return restart(server, random.integer(0, 2_000), 'crash');
    case 'pause':
      return pause(server, random.integer(200, 8_000));
    case 'longPause':
      return pause(server, 20_000);
    case 'cut':
      proxy.cut();
      return proxy.restore();
    case 'terminate':
      await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bot'");
      return;
    case 'lostCommit':
      proxy.rule = ({ text }) => {
        if (text !== 'COMMIT') return 'pass';
        proxy.rule = () => 'pass';
        return 'dropResponse';
      };
      return;
  }
}

async function restart(server: TestPostgres, downMs: number, how?: 'crash'): Promise<void> {
  await server.stop(how);
  await sleep(downMs);
  await server.start();
}

async function pause(server: TestPostgres, ms: number): Promise<void> {
  await server.pause();
  await sleep(ms);
  server.resume();
}

async function leftIn({ server, address }: World): Promise<Left> {
  const jobs = await server.query<{ name: string; state: string; count: number }>(
    `SELECT name, state::text, count(*)::int AS count FROM voice_bot_queue.job
     WHERE name LIKE 'turns%' AND (name <> 'turns' OR state NOT IN ('completed', 'cancelled')) GROUP BY 1, 2`,
    address,
  );
  const reservations = await server.query<{ job: string }>('SELECT job FROM voice_bot.spending_reservations', address);
  const cancelled = await server.query<{ id: string }>(
    "SELECT id FROM voice_bot_queue.job WHERE name = 'turns' AND state = 'cancelled'",
    address,
  );
  return {
    jobs: jobs.map(({ name, state, count }) => [`${name} ${state}`, count] as const),
    reservations: reservations.map(({ job }) => job),
    cancelled: cancelled.map(({ id }) => id),
  };
}
