import { DEFAULT_PRICES, type PriceTable, pricesOf, readPriceTable } from '../prices.ts';
import type { EnvReader } from './env.ts';

/** Bounds; `undefined` = none. Money in US dollars. */
export interface LimitSettings {
  readonly turnsPerMinute: number | undefined;
  /** Over all conversations, each UTC day. */
  readonly dayUsd: number | undefined;
  /** Each person, each UTC day. */
  readonly personUsd: number | undefined;
  readonly conversationUsd: number | undefined;
  readonly prices: PriceTable;
}

/** Reads them; `model` is the name that its price is looked up by. */
export function readLimits(read: EnvReader, model: string, readText: (path: string) => string): LimitSettings {
  const isSet = read.text('MAX_TURNS_PER_MINUTE') !== undefined;
  const turnsPerMinute = read.whole('MAX_TURNS_PER_MINUTE', 0, { least: 1, most: 1000 });
  const dayUsd = read.amount('DAILY_BUDGET_USD');
  const personUsd = read.amount('PERSON_DAILY_BUDGET_USD');
  const conversationUsd = read.amount('CONVERSATION_BUDGET_USD');
  const prices = readPrices(read, readText);
  const isRead = prices !== undefined;
  const budget = firstSet({
    DAILY_BUDGET_USD: dayUsd,
    PERSON_DAILY_BUDGET_USD: personUsd,
    CONVERSATION_BUDGET_USD: conversationUsd,
  });
  if (budget !== undefined && isRead && model !== '' && pricesOf(prices, model) === undefined) {
    read.problems.push(
      `${budget} is set and no price is known for "${model}"; expected PRICE_TABLE to name a file that has one, or a deployment that is named like its model (gpt-realtime)`,
    );
  }
  return {
    turnsPerMinute: isSet ? turnsPerMinute : undefined,
    dayUsd,
    personUsd,
    conversationUsd,
    prices: prices ?? DEFAULT_PRICES,
  };
}

function firstSet(amounts: Readonly<Record<string, number | undefined>>): string | undefined {
  return Object.entries(amounts).find(([, usd]) => usd !== undefined)?.[0];
}

/** `undefined` where the table cannot be used. */
function readPrices(read: EnvReader, readText: (path: string) => string): PriceTable | undefined {
  const path = read.text('PRICE_TABLE');
  if (path === undefined) return DEFAULT_PRICES;
  try {
    return readPriceTable(readText(path).replace(/^\ufeff/, ''));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    read.problems.push(`PRICE_TABLE is "${path}": ${reason}; expected a JSON file as in .env.example`);
    return undefined;
  }
}
