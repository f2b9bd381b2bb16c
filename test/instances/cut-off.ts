import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { inTime } from '../realtime/gathered.ts';
import type { BotUnderTestOptions } from '../support/bot.ts';
import { JumpingClock } from '../support/jumping-clock.ts';
import { sharedPostgres } from '../support/postgres.ts';
import type { Statement } from '../support/postgres-frames.ts';
import { type Fate, type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';
import { type Pair, sharedPair } from './pair.ts';

/** Two instances, of which the first may be cut off from the database. */
export interface CutOffPair {
  pair(): Pair;
  /** The first instance's connection to the database. */
  proxy(): PostgresProxy;
  /** The clock of the first instance. */
  readonly clock: JumpingClock;
  /** Mends the network, so that nobody waits for another attempt. */
  restore(): void;
}

/** One pair for all tests of a suite. After each test the network works. */
export function cutOffPair(one: BotUnderTestOptions = {}): CutOffPair {
  const clock = new JumpingClock();
  let proxy: PostgresProxy | undefined;
  before(async () => {
    proxy = await startPostgresProxy((await sharedPostgres()).port);
  });
  const shared: CutOffPair = {
    pair: sharedPair({ one: { ...one, deps: { clock } }, wayOfOne: (url) => shared.proxy().addressOf(url) }),
    proxy: () => proxy ?? assert.fail('it has not started'),
    clock,
    restore() {
      shared.proxy().rule = () => 'pass';
      shared.proxy().restore();
      clock.jump(5_000);
    },
  };
  afterEach(() => shared.restore());
  after(() => proxy?.[Symbol.asyncDispose]());
  return shared;
}

export const isCommit = ({ text }: Statement) => text === 'COMMIT';
export const holds =
  (part: string) =>
  ({ text }: Statement) =>
    text.includes(part);

/**
 * A matching statement; with `then`, the next matching one on the same connection. With `dropResponseAndNetwork`, no
 * statement after it reaches the database: a fetch that NOTIFY caused would claim a message, and the answer would be
 * lost for 30 s.
 */
export function once(fate: Fate, fits: (statement: Statement) => boolean, then = fits) {
  const fired = Promise.withResolvers<void>();
  let connection: number | undefined;
  let isCut = false;
  const rule = (statement: Statement): Fate => {
    if (isCut) return 'dropRequestAndNetwork';
    if (connection === undefined && fits(statement)) connection = statement.connection;
    if (statement.connection !== connection || !then(statement)) return 'pass';
    connection = Number.NaN;
    isCut = fate === 'dropResponseAndNetwork';
    fired.resolve();
    return fate;
  };
  return { rule, fired: inTime(fired.promise) };
}
