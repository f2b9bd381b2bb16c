import { costUsd, maxUsageOf, pricesOf } from '../prices.ts';
import { NO_CONTEXT } from '../token-usage.ts';
import type { LimitSettings } from './limit-settings.ts';
import type { SessionSettings } from './model-settings.ts';

/** Warns about budgets that refuse every message, since they are smaller than one turn, and about pictures without a price. */
export function budgetNotices(
  limits: LimitSettings,
  { instructions, maxOutputTokens }: Pick<SessionSettings, 'instructions' | 'maxOutputTokens'>,
  model: string,
): string[] {
  const prices = pricesOf(limits.prices, model);
  if (prices === undefined) return [];
  const smallest = maxUsageOf({
    context: NO_CONTEXT,
    texts: [instructions],
    audioMs: 0,
    pictures: 0,
    toolBytes: 0,
    maxOutputTokens,
  });
  const neededUsd = costUsd(smallest, prices);
  const cost = `about ${Number(neededUsd.toPrecision(2))} US dollars with REALTIME_MAX_OUTPUT_TOKENS ${maxOutputTokens}`;
  const budgets = [
    ['DAILY_BUDGET_USD', limits.dayUsd],
    ['PERSON_DAILY_BUDGET_USD', limits.personUsd],
    ['CONVERSATION_BUDGET_USD', limits.conversationUsd],
  ] as const;
  const set = budgets.filter(([, usd]) => usd !== undefined);
  const tooSmall = set.filter(([, usd = 0]) => usd < neededUsd);
  return [
    ...(set.length > 0 && prices.image.in === 0
      ? [`PRICE_TABLE has no "image" prices for "${model}": pictures cost nothing in the budgets`]
      : []),
    ...tooSmall.map(
      ([name]) =>
        `${name} is less than one turn may cost (${cost}): every message is refused; raise it, or lower REALTIME_MAX_OUTPUT_TOKENS`,
    ),
  ];
}
