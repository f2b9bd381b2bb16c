import type { Config, SessionSettings } from '../config/config.ts';
import { costUsd, type ModelPrices, type PriceTable, pricesOf } from '../prices.ts';
import type { ModelResult } from '../realtime/model-result.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import type { Budgets, OverBudget } from './budgets.ts';
import { type ConversationRecord, EMPTY_RECORD } from './records.ts';
import type { SharedSpending } from './shared-spending.ts';

/** What a turn is about to ask the model. */
export interface Asked {
  readonly key: string;
  readonly record: ConversationRecord;
  readonly settings: SessionSettings;
  /** All that a new session would be told, in characters of UTF-16. */
  readonly text: () => readonly (string | undefined)[];
  /** What comes along with it. */
  readonly soundMs: number;
  readonly pictures: number;
}

/** A turn that may be run. */
export interface Allowance {
  /** Whether one more response may be asked for. */
  mayAskAgain(): boolean;
  /** It has ended, in whichever way. */
  settle(result: ModelResult | undefined): void;
}

/** Around items: roles and marks of begin and end. */
const OVERHEAD_TOKENS = 200;
/** The service counts one for each 100 ms of a user's sound. */
const MS_PER_SOUND_TOKEN = 100;
/** On the careful side: pictures are cut into tiles of about 170 tokens, of which ours have at most six. */
const TOKENS_PER_PICTURE = 2_000;

/** What turns may cost. Without a price for the model nothing is bounded, and the configuration allows no budget. */
export class Spending {
  readonly #budgets: Budgets;
  readonly #table: PriceTable;
  readonly #prices: ModelPrices | undefined;
  readonly #shared: SharedSpending | undefined;

  /** `shared`: where there are other instances to count with. */
  constructor(budgets: Budgets, table: PriceTable, model: string, shared?: SharedSpending) {
    this.#budgets = budgets;
    this.#table = table;
    this.#prices = pricesOf(table, model);
    this.#shared = budgets.isDayBounded ? shared : undefined;
  }

  /** Asks what the other instances have spent today. Never rejects: what was known before is what counts, then. */
  async learn(): Promise<void> {
    if (this.#shared === undefined) return;
    const { day } = this.#budgets.today();
    await this.#shared.others(day).then(
      (usd) => this.#budgets.noteOthers(day, usd),
      () => {},
    );
  }

  /** Nobody waits for it: what one instance has set aside may be known to the others a turn late. */
  #tell(): void {
    const { day, usd } = this.#budgets.today();
    this.#shared?.tell(day, usd).catch(() => {});
  }

  /** The day of the prices. */
  get priceDate(): string {
    return this.#table.date;
  }

  /** Whether turns can be refused. */
  get isBounded(): boolean {
    return this.#prices !== undefined && this.#budgets.isBounded;
  }

  /** In US dollars; `undefined` where the model has no price. */
  costOf(usage: TokenUsage): number | undefined {
    return this.#prices && costUsd(usage, this.#prices);
  }

  /** Sets aside the worst case of a turn, or says which budget it does not fit. */
  allow(asked: Asked): Allowance | OverBudget {
    const prices = this.#prices;
    if (prices === undefined || !this.#budgets.isBounded) return { mayAskAgain: () => true, settle: () => {} };
    const mostUsd = costUsd(worstCase(asked), prices);
    const knownUsd = costUsd(asked.record.usage.tokens, prices);
    const reservation = this.#budgets.reserve(asked.key, mostUsd, knownUsd);
    if ('budget' in reservation) return reservation;
    this.#tell();
    let responses = 1;
    return {
      mayAskAgain: () => {
        const isIn = reservation.extend(mostUsd);
        if (isIn) responses++;
        return isIn;
      },
      settle: (result) => {
        const isTold = result !== undefined && !result.hasUntoldUsage;
        reservation.settle(isTold ? costUsd(result.usage, prices) : responses * mostUsd);
        this.#tell();
      },
    };
  }
}

/** What an operator should know of the budgets: by those that no turn fits, everybody is refused for ever. */
export function budgetNotices({ limits, session, model }: Pick<Config, 'limits' | 'session' | 'model'>): string[] {
  const prices = pricesOf(limits.prices, model.model);
  if (prices === undefined) return [];
  const smallest = {
    record: EMPTY_RECORD,
    settings: session,
    text: () => [session.instructions],
    soundMs: 0,
    pictures: 0,
  };
  const neededUsd = costUsd(worstCase(smallest), prices);
  const cost = `about ${Number(neededUsd.toPrecision(2))} US dollars with REALTIME_MAX_OUTPUT_TOKENS ${session.maxOutputTokens}`;
  const budgets = [
    ['DAILY_BUDGET_USD', limits.dayUsd],
    ['CONVERSATION_BUDGET_USD', limits.conversationUsd],
  ] as const;
  return budgets
    .filter(([, usd]) => usd !== undefined && usd < neededUsd)
    .map(
      ([name]) =>
        `${name} is less than one turn may cost (${cost}): every message is refused; raise it, or lower REALTIME_MAX_OUTPUT_TOKENS`,
    );
}

/**
 * The most that one response can be billed: all that its session has heard and said, or all that a new one is told (a
 * token is at least one byte), and as much as it may say, as speech: text is cheaper. Nothing from the cache.
 */
function worstCase({ record, settings, text, soundMs, pictures }: Omit<Asked, 'key'>): TokenUsage {
  const bytes = text().reduce<number>((sum, each = '') => sum + Buffer.byteLength(each), OVERHEAD_TOKENS);
  // The configuration has a bound wherever there is a budget.
  const mostOut = typeof settings.maxOutputTokens === 'number' ? settings.maxOutputTokens : Number.POSITIVE_INFINITY;
  const { context } = record.usage;
  return {
    text: { in: bytes + context.text, cached: 0, out: 0 },
    audio: { in: context.audio + Math.ceil(soundMs / MS_PER_SOUND_TOKEN), cached: 0, out: mostOut },
    image: { ...NO_TOKENS.image, in: pictures * TOKENS_PER_PICTURE },
  };
}
