import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readConfig } from '../../src/config/config.ts';
import { Budgets } from '../../src/conversation/budgets.ts';
import { EMPTY_RECORD } from '../../src/conversation/records.ts';
import { type Allowance, budgetNotices, Spending } from '../../src/conversation/spending.ts';
import { costUsd, DEFAULT_PRICES, pricesOf } from '../../src/prices.ts';
import type { ModelResult } from '../../src/realtime/model-result.ts';
import { NO_TOKENS, type TokenUsage } from '../../src/token-usage.ts';
import { ManualClock } from '../support/manual-clock.ts';

const SEED = 20_261_124;
const MODEL = 'gpt-realtime-1.5';
const MOST_OUT = 1_000;
const OVERHEAD_TOKENS = 200;
const prices = pricesOf(DEFAULT_PRICES, MODEL);
assert.ok(prices);

interface Step {
  readonly kind: 'begin' | 'again' | 'told' | 'untold' | 'rejected';
  readonly pick: number;
  readonly conversation: string;
  readonly textBytes: number;
  readonly context: { readonly text: number; readonly audio: number };
  readonly share: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('begin', 'begin', 'begin', 'again', 'told', 'told', 'untold', 'rejected'),
  pick: fc.nat({ max: 20 }),
  conversation: fc.constantFrom('a', 'b'),
  textBytes: fc.nat({ max: 5_000 }),
  context: fc.record({ text: fc.nat({ max: 2_000 }), audio: fc.nat({ max: 5_000 }) }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});

interface Held {
  readonly allowance: Allowance;
  readonly conversation: string;
  readonly most: TokenUsage;
  responses: number;
  isOver: boolean;
}

function mostOf({ textBytes, context }: Step): TokenUsage {
  return {
    text: { in: textBytes + OVERHEAD_TOKENS + context.text, cached: 0, out: 0 },
    audio: { in: context.audio, cached: 0, out: MOST_OUT },
    image: NO_TOKENS.image,
  };
}

/** As the service bills it: never more than a response could come to. */
function billed({ most, responses }: Held, share: number): TokenUsage {
  const of = (tokens: number) => Math.floor(tokens * responses * share);
  return {
    text: { in: of(most.text.in), cached: 0, out: 0 },
    audio: { in: of(most.audio.in), cached: 0, out: of(most.audio.out) },
    image: NO_TOKENS.image,
  };
}

/** Follows the steps with books of its own. */
function follow(steps: readonly Step[], dayUsd: number, conversationUsd: number): void {
  const budgets = new Budgets({ clock: new ManualClock(), dayUsd, conversationUsd });
  const spending = new Spending(budgets, DEFAULT_PRICES, MODEL);
  const held: Held[] = [];
  const billedUsd = { a: 0, b: 0 } as Record<string, number>;
  const usdOf = (usage: TokenUsage) => costUsd(usage, prices as NonNullable<typeof prices>);

  function settle(one: Held, result: Partial<ModelResult> | undefined, usd: number): void {
    if (one.isOver) return;
    one.isOver = true;
    one.allowance.settle(result as ModelResult | undefined);
    billedUsd[one.conversation] = (billedUsd[one.conversation] ?? 0) + usd;
  }

  for (const each of steps) {
    const one = held[each.pick];
    if (each.kind === 'begin') {
      const record = { ...EMPTY_RECORD, usage: { ...EMPTY_RECORD.usage, context: each.context } };
      const settings = { instructions: '', voice: 'alloy', modality: 'audio', maxOutputTokens: MOST_OUT } as const;
      const text = () => ['x'.repeat(each.textBytes)];
      const allowance = spending.allow({ key: each.conversation, record, settings, text, soundMs: 0, pictures: 0 });
      if (!('budget' in allowance)) {
        held.push({ allowance, conversation: each.conversation, most: mostOf(each), responses: 1, isOver: false });
      }
    } else if (one !== undefined && each.kind === 'again') {
      if (!one.isOver && one.allowance.mayAskAgain()) one.responses++;
    } else if (one !== undefined && each.kind === 'told') {
      const usage = billed(one, each.share);
      settle(one, { usage, hasUntoldUsage: false }, usdOf(usage));
    } else if (one !== undefined) {
      const result = each.kind === 'untold' ? { usage: NO_TOKENS, hasUntoldUsage: true } : undefined;
      settle(one, result, one.responses * usdOf(one.most));
    }
    const open = (name: string) =>
      held
        .filter(({ isOver, conversation }) => !isOver && conversation === name)
        .reduce((sum, { most, responses }) => sum + responses * usdOf(most), 0);
    const sums = ['a', 'b'].map((name) => (billedUsd[name] ?? 0) + open(name));
    for (const sum of sums) assert.ok(sum <= conversationUsd + 1e-9, `a conversation: ${sum}`);
    assert.ok(sums.reduce((total, sum) => total + sum, 0) <= dayUsd + 1e-9, `the day: ${sums}`);
  }
}

describe('what turns may cost', () => {
  it('is never more than the budgets, whatever is told, asked again or left open', () => {
    const amount = fc.integer({ min: 5, max: 100 }).map((cents) => cents / 100);
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), amount, amount, follow), { seed: SEED, numRuns: 500 });
  });
});

describe('budgets that no turn fits', () => {
  const notices = (env: Record<string, string>) =>
    budgetNotices(
      readConfig({ AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com', AZURE_OPENAI_DEPLOYMENT_NAME: MODEL, ...env }),
    );

  it('are named, with what a turn may cost', () => {
    const consequence = 'every message is refused; raise it, or lower REALTIME_MAX_OUTPUT_TOKENS';
    assert.deepEqual(notices({ DAILY_BUDGET_USD: '0.1', CONVERSATION_BUDGET_USD: '0.26' }), [
      `DAILY_BUDGET_USD is less than one turn may cost (about 0.26 US dollars with REALTIME_MAX_OUTPUT_TOKENS 4096): ${consequence}`,
      `CONVERSATION_BUDGET_USD is less than one turn may cost (about 0.26 US dollars with REALTIME_MAX_OUTPUT_TOKENS 4096): ${consequence}`,
    ]);
    assert.match(
      notices({ DAILY_BUDGET_USD: '0.001', REALTIME_MAX_OUTPUT_TOKENS: '100' }).join(),
      /^DAILY_BUDGET_USD .*\(about 0\.007\d? US dollars with REALTIME_MAX_OUTPUT_TOKENS 100\)/,
    );
  });

  it('are not seen where the smallest turn fits, or nothing is bounded', () => {
    assert.deepEqual(notices({ DAILY_BUDGET_USD: '0.27', CONVERSATION_BUDGET_USD: '0.27' }), []);
    assert.deepEqual(notices({ DAILY_BUDGET_USD: '0.1', REALTIME_MAX_OUTPUT_TOKENS: '1000' }), []);
    assert.deepEqual(notices({}), []);
    assert.deepEqual(notices({ AZURE_OPENAI_DEPLOYMENT_NAME: 'unpriced' }), []);
  });
});
