import { DEFAULT_PRICES, type PriceTable, pricesOf, readPriceTable } from '../prices.ts';
import { type EnvReader, readUtf8File } from './env.ts';

/** Limits; `undefined` means no limit. Money is in US dollars. */
export type LimitSettings = Readonly<ReturnType<typeof readLimits>>;

/** Budgets need a price for `model`. */
export function readLimits(reader: EnvReader, model: string) {
  const prices = readPrices(reader);
  const budget = ['DAILY_BUDGET_USD', 'PERSON_DAILY_BUDGET_USD', 'CONVERSATION_BUDGET_USD'].find(
    (name) => reader.text(name) !== undefined,
  );
  if (budget !== undefined && prices !== undefined && model !== '' && pricesOf(prices, model) === undefined) {
    reader.problems.push(
      `${budget} is set but the price of "${model}" is not known; expected a price in PRICE_TABLE, or a deployment with the name of its model (gpt-realtime)`,
    );
  }
  return {
    turnsPerMinute: reader.whole('MAX_TURNS_PER_MINUTE', undefined, { min: 1, max: 1000 }),
    /** The budget of all conversations for each UTC day. */
    dayUsd: reader.amount('DAILY_BUDGET_USD'),
    /** The budget of each person for each UTC day. */
    personUsd: reader.amount('PERSON_DAILY_BUDGET_USD'),
    /** The budget of each conversation, over all days. */
    conversationUsd: reader.amount('CONVERSATION_BUDGET_USD'),
    prices: prices ?? DEFAULT_PRICES,
  };
}

/** Returns `undefined` if the table cannot be used. */
function readPrices(reader: EnvReader): PriceTable | undefined {
  const path = reader.text('PRICE_TABLE');
  if (path === undefined) return DEFAULT_PRICES;
  try {
    return readPriceTable(readUtf8File(path));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    reader.problems.push(`PRICE_TABLE is "${path}": ${reason}; expected a JSON file as in .env.example`);
    return undefined;
  }
}
