import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Budgets, type Reservation } from '../../src/conversation/budgets.ts';
import { TurnRate } from '../../src/conversation/limits/turn-rate.ts';
import { ManualClock } from '../support/manual-clock.ts';

const SEED = 20_261_123;
const DAY_MS = 86_400_000;
const CONVERSATIONS = ['a', 'b', 'c'];

function refusal(given: ReturnType<Budgets['reserve']>): string | undefined {
  return 'budget' in given ? given.budget : undefined;
}

function reserved(given: ReturnType<Budgets['reserve']>): Reservation {
  assert.ok(!('budget' in given), `refused for ${String(given)}`);
  return given;
}

type Step =
  | { readonly kind: 'reserve'; readonly conversation: string; readonly usd: number }
  | { readonly kind: 'extend'; readonly pick: number; readonly usd: number }
  | { readonly kind: 'settle'; readonly pick: number; readonly share: number }
  | { readonly kind: 'wait'; readonly ms: number };

const usd = fc.integer({ min: 0, max: 400 }).map((cents) => cents / 100);
const pick = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('reserve'), conversation: fc.constantFrom(...CONVERSATIONS), usd }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('extend'), pick, usd }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('settle'), pick, share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 0, max: DAY_MS }) }) },
);

interface Held {
  readonly conversation: string;
  readonly reservation: Reservation;
  usd: number;
  isSettled: boolean;
}

/** Follows the steps with books of its own; nothing may ever be above a budget. */
async function follow(steps: readonly Step[], dayUsd: number, conversationUsd: number): Promise<void> {
  const clock = new ManualClock();
  const budgets = new Budgets({ clock, dayUsd, conversationUsd });
  const held: Held[] = [];
  const spent = new Map<string, number>();
  let [spentToday, day] = [0, Math.floor(clock.now() / DAY_MS)];
  const open = (conversation?: string) =>
    held
      .filter((each) => !each.isSettled && (conversation === undefined || each.conversation === conversation))
      .reduce((sum, each) => sum + each.usd, 0);

  for (const each of steps) {
    if (each.kind === 'wait') await clock.advance(each.ms);
    const today = Math.floor(clock.now() / DAY_MS);
    if (today !== day) [spentToday, day] = [0, today];
    if (each.kind === 'reserve') {
      const given = budgets.reserve(each.conversation, each.usd);
      if (!('budget' in given)) held.push({ ...each, reservation: given, isSettled: false });
    } else if (each.kind === 'extend') {
      const one = held[each.pick];
      if (one?.reservation.extend(each.usd)) one.usd += each.usd;
    } else if (each.kind === 'settle') {
      const one = held[each.pick];
      const cost = (one?.usd ?? 0) * each.share;
      one?.reservation.settle(cost);
      if (one !== undefined && !one.isSettled) {
        one.isSettled = true;
        spentToday += cost;
        spent.set(one.conversation, (spent.get(one.conversation) ?? 0) + cost);
      }
    }
    assert.ok(spentToday + open() <= dayUsd + 1e-9, `the day is over: ${spentToday} + ${open()}`);
    for (const name of CONVERSATIONS) {
      const sum = (spent.get(name) ?? 0) + open(name);
      assert.ok(sum <= conversationUsd + 1e-9, `${name} is over: ${sum}`);
    }
  }
}

describe('budgets', () => {
  it('are never exceeded by what is spent and set aside, in no order of turns', async () => {
    const plan = fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 6 }),
      follow,
    );
    await fc.assert(plan, { seed: SEED, numRuns: 500 });
  });

  it('say which of them is used up, and let in what still fits', () => {
    const budgets = new Budgets({ clock: new ManualClock(), dayUsd: 3, conversationUsd: 2 });
    reserved(budgets.reserve('a', 2)).settle(1.5);
    assert.equal(refusal(budgets.reserve('a', 0.6)), 'conversation');
    reserved(budgets.reserve('b', 1.5));
    assert.equal(refusal(budgets.reserve('c', 0.1)), 'day');
    assert.deepEqual(budgets.reserve('b', 0.6), { budget: 'conversation', neededUsd: 0.6, leftUsd: 0.5 });
    assert.deepEqual(budgets.reserve('c', 0.1), { budget: 'day', neededUsd: 0.1, leftUsd: 0 });
    assert.ok(reserved(budgets.reserve('a', 0)));
  });

  it('of a day begin anew at midnight UTC, but for what is still set aside', async () => {
    const clock = new ManualClock();
    const budgets = new Budgets({ clock, dayUsd: 2, conversationUsd: undefined });
    reserved(budgets.reserve('a', 1)).settle(1);
    const running = reserved(budgets.reserve('a', 1));
    assert.equal(refusal(budgets.reserve('b', 0.5)), 'day');
    await clock.advance(DAY_MS - (clock.now() % DAY_MS));
    reserved(budgets.reserve('b', 0.5));
    assert.equal(refusal(budgets.reserve('b', 0.6)), 'day');
    running.settle(1);
    assert.equal(refusal(budgets.reserve('b', 0.6)), 'day');
  });

  it('know what a conversation has spent before this process began', () => {
    const budgets = new Budgets({ clock: new ManualClock(), dayUsd: undefined, conversationUsd: 1 });
    assert.equal(refusal(budgets.reserve('a', 0.2, 0.9)), 'conversation');
    assert.equal(refusal(budgets.reserve('a', 0.2, 0)), 'conversation', 'also when its record is gone');
  });

  it('settle a turn once', () => {
    const budgets = new Budgets({ clock: new ManualClock(), dayUsd: 2, conversationUsd: undefined });
    const turn = reserved(budgets.reserve('a', 1));
    turn.settle(0.5);
    turn.settle(0.5);
    assert.equal(turn.extend(0.1), false);
    reserved(budgets.reserve('a', 1.5));
  });
});

describe('turns in a minute', () => {
  it('are counted for each user over the last sixty seconds', async () => {
    const clock = new ManualClock();
    const rate = new TurnRate(clock, 2);
    assert.deepEqual(
      ['a', 'a', 'a', 'b'].map((user) => rate.admit(user)),
      [true, true, false, true],
    );
    await clock.advance(59_999);
    assert.equal(rate.admit('a'), false);
    await clock.advance(1);
    assert.deepEqual(
      ['a', 'a', 'a'].map((user) => rate.admit(user)),
      [true, true, false],
    );
  });

  it('have no bound unless one is set', () => {
    const rate = new TurnRate(new ManualClock(), undefined);
    for (let count = 0; count < 1_000; count++) assert.ok(rate.admit('a'));
  });
});
