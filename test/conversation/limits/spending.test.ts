import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemorySpending } from '../../../src/conversation/limits/memory-spending.ts';
import { type Allowance, type CostRequest, Spending } from '../../../src/conversation/limits/spending.ts';
import type { Budgets, SpendingStore } from '../../../src/conversation/limits/spending-store.ts';
import { StoreError } from '../../../src/errors.ts';
import { costUsd, DEFAULT_PRICES, type OutputSize, pricesOf, type ResponseSize } from '../../../src/prices.ts';
import type { ModelResult } from '../../../src/realtime/model-result.ts';
import { addUsage, type ContextTokens, NO_CONTEXT, NO_TOKENS, type TokenUsage } from '../../../src/token-usage.ts';
import { watchedLog } from '../../channel/watched-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const SEED = 20_261_124;
const MODEL = 'gpt-realtime-1.5';
const MAX_OUT = 1_000;
const OVERHEAD_TOKENS = 200;
const TOOLS_OVERHEAD_TOKENS = 400;
const prices = pricesOf(DEFAULT_PRICES, MODEL);
assert.ok(prices);

interface Step {
  readonly kind: 'begin' | 'again' | 'told' | 'untold' | 'rejected';
  readonly pick: number;
  readonly conversation: string;
  readonly person: string;
  readonly textBytes: number;
  readonly context: ContextTokens;
  readonly share: number;
  /** What the next response also reads, if it follows calls. */
  readonly outputs: OutputSize | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('begin', 'begin', 'begin', 'again', 'told', 'told', 'untold', 'rejected'),
  pick: fc.nat({ max: 20 }),
  conversation: fc.constantFrom('a', 'b'),
  person: fc.constantFrom('ada', 'bob'),
  textBytes: fc.nat({ max: 5_000 }),
  context: fc.record({
    text: fc.nat({ max: 2_000 }),
    audio: fc.nat({ max: 5_000 }),
    image: fc.nat({ max: 3_000 }),
  }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  outputs: fc.option(fc.record({ bytes: fc.nat({ max: 3_000 }), pictures: fc.nat({ max: 4 }) }), { nil: undefined }),
});

interface Held {
  readonly jobId: string;
  readonly allowance: Allowance;
  readonly conversation: string;
  readonly person: string;
  /** The most that the latest response may use, and all of them together. */
  most: TokenUsage;
  sum: TokenUsage;
  isOver: boolean;
}

function mostOf({ textBytes, context }: Pick<Step, 'textBytes' | 'context'>): TokenUsage {
  return {
    text: { in: textBytes + OVERHEAD_TOKENS + context.text, cached: 0, out: 0 },
    audio: { in: context.audio, cached: 0, out: MAX_OUT },
    image: { ...NO_TOKENS.image, in: context.image },
  };
}

/** The most of the response after calls: it reads the response before, and the outputs. */
function mostAfter({ text, audio, image }: TokenUsage, { bytes, pictures }: OutputSize): TokenUsage {
  return {
    text: { ...text, in: text.in + bytes },
    audio: { ...audio, in: audio.in + MAX_OUT },
    image: { ...image, in: image.in + 2_000 * pictures },
  };
}

/** As the service bills it: never more than the worst case of all responses. */
function billed({ sum }: Held, share: number): TokenUsage {
  const of = (tokens: number) => Math.floor(tokens * share);
  return {
    text: { in: of(sum.text.in), cached: 0, out: 0 },
    audio: { in: of(sum.audio.in), cached: 0, out: of(sum.audio.out) },
    image: { in: of(sum.image.in), cached: 0, out: 0 },
  };
}

function spendingOf(budgets: Budgets, store: SpendingStore = createMemorySpending(new ManualClock())) {
  const log = watchedLog();
  return { log, spending: new Spending({ store, budgets, prices: DEFAULT_PRICES, model: MODEL, log: log.log }) };
}

const NO_BUDGETS: Budgets = { dayUsd: undefined, personUsd: undefined, conversationUsd: undefined };

const SMALLEST = { context: NO_CONTEXT, texts: [], audioMs: 0, pictures: 0, toolBytes: 0, maxOutputTokens: MAX_OUT };

function asked(owner: Partial<CostRequest> = {}, size: Partial<ResponseSize> = {}): CostRequest {
  return { jobId: 'job-1', conversation: 'a', person: 'ada', ...owner, size: () => ({ ...SMALLEST, ...size }) };
}

/** Runs the steps and keeps independent accounts. */
async function follow(steps: readonly Step[], dayUsd: number, personUsd: number, conversationUsd: number) {
  const { spending } = spendingOf({ dayUsd, personUsd, conversationUsd });
  const held: Held[] = [];
  const billedUsd: { readonly conversation: string; readonly person: string; readonly usd: number }[] = [];
  const usdOf = (usage: TokenUsage) => costUsd(usage, prices as NonNullable<typeof prices>);

  async function settle(one: Held, result: Pick<ModelResult, 'usage' | 'isUsageUnknown'>, usd: number): Promise<void> {
    if (one.isOver) return;
    one.isOver = true;
    await spending.settle(one.jobId, one.allowance.costOf(result as ModelResult));
    billedUsd.push({ conversation: one.conversation, person: one.person, usd });
  }

  for (const [index, each] of steps.entries()) {
    const one = held[each.pick];
    if (each.kind === 'begin') {
      const { conversation, person, context } = each;
      const jobId = `job-${index}`;
      const texts = ['x'.repeat(each.textBytes)];
      const allowance = await spending.reserve(asked({ jobId, conversation, person }, { context, texts }));
      if (allowance.kind === 'allowed')
        held.push({ jobId, allowance, conversation, person, most: mostOf(each), sum: mostOf(each), isOver: false });
    } else if (one !== undefined && each.kind === 'again') {
      if (one.isOver || !(await one.allowance.reserveNextResponse(each.outputs))) continue;
      one.most = each.outputs === undefined ? one.most : mostAfter(one.most, each.outputs);
      one.sum = addUsage(one.sum, one.most);
    } else if (one !== undefined && each.kind === 'told') {
      const usage = billed(one, each.share);
      await settle(one, { usage, isUsageUnknown: false }, usdOf(usage));
    } else if (one !== undefined) {
      await settle(one, { usage: NO_TOKENS, isUsageUnknown: true }, usdOf(one.sum));
    }
    const sum = (fits: (owner: Pick<Held, 'conversation' | 'person'>) => boolean) =>
      billedUsd.filter(fits).reduce((total, { usd }) => total + usd, 0) +
      held.filter((each) => !each.isOver && fits(each)).reduce((total, { sum: most }) => total + usdOf(most), 0);
    for (const name of ['a', 'b'])
      assert.ok(sum(({ conversation }) => conversation === name) <= conversationUsd + 1e-9, 'a conversation');
    for (const name of ['ada', 'bob']) assert.ok(sum(({ person }) => person === name) <= personUsd + 1e-9, 'a person');
    assert.ok(sum(() => true) <= dayUsd + 1e-9, 'the day');
  }
}

describe('the cost of turns', () => {
  it('never exceeds the budgets, whatever usage is reported, retried or left open', async () => {
    const amount = fc.integer({ min: 5, max: 100 }).map((cents) => cents / 100);
    const plan = fc.asyncProperty(fc.array(step, { maxLength: 60 }), amount, amount, amount, follow);
    await fc.assert(plan, { seed: SEED, numRuns: 500 });
  });

  it('is the worst case of each requested response if the service did not report usage', async () => {
    const { spending } = spendingOf({ ...NO_BUDGETS, dayUsd: 1 });
    const allowance = await spending.reserve(asked());
    assert.ok(allowance.kind === 'allowed');
    assert.equal(await allowance.reserveNextResponse(), true);
    const one = allowance.costOf({ usage: NO_TOKENS, isUsageUnknown: true } as ModelResult);
    const maxUsd = costUsd(mostOf({ textBytes: 0, context: NO_CONTEXT }), prices as NonNullable<typeof prices>);
    assert.ok(Math.abs(one - 2 * maxUsd) < 1e-9);
    assert.equal(allowance.costOf({ usage: NO_TOKENS, isUsageUnknown: false } as ModelResult), 0);
  });

  it('includes the definitions of tools, and for the response after calls that of before and the outputs', async () => {
    const { spending } = spendingOf({ ...NO_BUDGETS, dayUsd: 1 });
    const allowance = await spending.reserve(asked({}, { toolBytes: 3_000 }));
    assert.ok(allowance.kind === 'allowed');
    const unknown = { usage: NO_TOKENS, isUsageUnknown: true } as ModelResult;
    const textIn = OVERHEAD_TOKENS + TOOLS_OVERHEAD_TOKENS + 3_000;
    const first = { ...mostOf({ textBytes: 0, context: NO_CONTEXT }), text: { in: textIn, cached: 0, out: 0 } };
    const usdOf = (usage: TokenUsage) => costUsd(usage, prices as NonNullable<typeof prices>);
    assert.ok(Math.abs(allowance.costOf(unknown) - usdOf(first)) < 1e-9);
    assert.equal(await allowance.reserveNextResponse({ bytes: 500, pictures: 1 }), true);
    const second = {
      text: { in: textIn + 500, cached: 0, out: 0 },
      audio: { in: MAX_OUT, cached: 0, out: MAX_OUT },
      image: { in: 2_000, cached: 0, out: 0 },
    };
    assert.ok(Math.abs(allowance.costOf(unknown) - usdOf(first) - usdOf(second)) < 1e-9);
    assert.equal(await allowance.reserveNextResponse({ bytes: 500_000, pictures: 1 }), false);
    assert.equal(allowance.exceeded?.budget, 'day');
  });

  it('is not higher for another attempt at the same job', async () => {
    const { spending } = spendingOf({ ...NO_BUDGETS, dayUsd: 0.1 });
    for (let attempt = 0; attempt < 5; attempt++) assert.equal((await spending.reserve(asked())).kind, 'allowed');
    assert.equal((await spending.reserve(asked({ jobId: 'job-2' }))).kind, 'overBudget');
  });

  it('is reported to the operator once at 80 %, with the conversation', async () => {
    const { spending, log } = spendingOf({ ...NO_BUDGETS, personUsd: 0.08 });
    for (const jobId of ['1', '1', '2']) await spending.reserve(asked({ jobId }));
    const warned = log.lines.filter(({ level }) => level === 'warn');
    assert.deepEqual(
      warned.map(({ budget, conversation, msg }) => [budget, conversation, msg]),
      [['person', 'a', '80 % of budget spent or reserved']],
    );
  });

  it('is unknown while the store is unavailable: no turn begins, and none retries', async () => {
    const memory = createMemorySpending(new ManualClock());
    let isAway = false;
    const away = () => Promise.reject(new StoreError('store_unavailable', 'away'));
    const store: SpendingStore = {
      reserve: (...given) => (isAway ? away() : memory.reserve(...given)),
      settle: (...given) => (isAway ? away() : memory.settle(...given)),
    };
    const { spending } = spendingOf({ ...NO_BUDGETS, dayUsd: 1 }, store);
    const allowance = await spending.reserve(asked());
    assert.ok(allowance.kind === 'allowed');
    isAway = true;
    assert.equal(await allowance.reserveNextResponse(), false);
    await assert.rejects(spending.reserve(asked()), { code: 'store_unavailable' });
    await assert.rejects(spending.settle('job-1', 0), { code: 'store_unavailable' });
  });

  it('is not requested from a store if there is no limit', async () => {
    const never = () => assert.fail('the store was asked');
    const { spending } = spendingOf(NO_BUDGETS, { reserve: never, settle: never });
    const allowance = await spending.reserve(asked());
    assert.ok(allowance.kind === 'allowed' && (await allowance.reserveNextResponse()));
    await spending.settle('job-1', 1);
    assert.equal(spending.isBounded, false);
  });
});
