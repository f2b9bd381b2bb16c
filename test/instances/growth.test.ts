import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { until } from '../conversation/talk.ts';
import { type Azurite, sharedAzurite } from '../support/azurite.ts';
import type { StorageRequest } from '../support/storage-proxy.ts';
import { startWorld } from './instances.ts';
import { stepOf } from './steps.ts';

/** More by GROWTH_TURNS: a thousand take half a minute. */
const LAST_TURN = Number(process.env['GROWTH_TURNS'] ?? 90);
/** By then also the list of answered messages, 48 of them, is as long as it gets. */
const EARLY_TURN = 52;
const HISTORY_TURNS = 8;
/** The oldest quarter of the turns that are remembered leaves at once: after so many a record is as long as it was. */
const PERIOD = Math.ceil((HISTORY_TURNS + 1) / 4);
const MOST_GROWTH = 1.1;

interface Cost {
  readonly steps: readonly string[];
  readonly bytes: number;
}

function costOf(requests: readonly StorageRequest[]): Cost {
  // Beside the turns: looks for what others left, for what came before, and, in a long turn, whether it was stopped.
  const own = requests.filter((request) => !/ other$|^look at|^list/.test(stepOf(request)));
  return { steps: own.map(stepOf), bytes: own.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) };
}

const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;

let azurite: Azurite;
before(async () => {
  azurite = await sharedAzurite();
});

describe('a long conversation', { timeout: 100_000 }, () => {
  it(`costs as much in turn ${LAST_TURN} as in turn ${EARLY_TURN}`, async (t) => {
    const world = await startWorld(t, azurite, { HISTORY_TURNS: String(HISTORY_TURNS) });
    const one = await world.start();
    await one.ask('/audio off');
    await until(() => one.proxy.requests.some((request) => stepOf(request) === 'write record'));
    await world.whenAnswered();
    const costs: Cost[] = [];
    let over = Promise.withResolvers<void>();
    one.proxy.rule = (request) => {
      if (stepOf(request) === 'delete pending') over.resolve();
      return undefined;
    };
    for (let turn = 1; turn <= LAST_TURN + (PERIOD - 1) / 2; turn++) {
      const from = one.proxy.requests.length;
      over = Promise.withResolvers<void>();
      await one.ask(`message ${String(turn).padStart(4, '0')}`);
      await over.promise;
      costs.push(costOf(one.proxy.requests.slice(from)));
    }
    const around = (turn: number) => costs.slice(turn - 1 - (PERIOD - 1) / 2, turn + (PERIOD - 1) / 2);
    const [early, late] = [around(EARLY_TURN), around(LAST_TURN)];
    for (const [what, count] of [
      ['calls', ({ steps }: Cost) => steps.length],
      ['bytes', ({ bytes }: Cost) => bytes],
    ] as const) {
      const [before, after] = [mean(early.map(count)), mean(late.map(count))];
      t.diagnostic(`${what} in a turn: ${before.toFixed(1)} at ${EARLY_TURN}, ${after.toFixed(1)} at ${LAST_TURN}`);
      assert.ok(after <= before * MOST_GROWTH, `${what}: ${before} and then ${after}`);
    }
    assert.equal(world.asked.all.length, costs.length);
    const told = world.asked.all.map(({ said }) => said.length);
    assert.equal((await world.state('')).length, 2, 'the record, and the mark of one command');
    assert.ok(Math.max(...told) >= 2 * (LAST_TURN - 1), 'one warm session');
  });
});
