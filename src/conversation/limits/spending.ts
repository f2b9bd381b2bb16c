import type { Config, SessionSettings } from '../../config/config.ts';
import type { Logger } from '../../log.ts';
import { costUsd, type ModelPrices, type PriceTable, pricesOf } from '../../prices.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import { NO_TOKENS, type TokenUsage } from '../../token-usage.ts';
import type { ConversationUsage } from '../records.ts';
import type { Budgets, OverBudget, SpendingStore } from './spending-store.ts';

/** What a turn is about to ask the model. */
export interface CostRequest {
  readonly jobId: string;
  readonly conversation: string;
  readonly person: string;
  /** What its session holds. */
  readonly context: ConversationUsage['context'];
  readonly settings: SessionSettings;
  /** All that a new session would be told, in characters of UTF-16. */
  readonly text: () => readonly (string | undefined)[];
  /** What comes along with it. */
  readonly soundMs: number;
  readonly pictures: number;
}

/** A turn that may run. */
export interface Allowance {
  /** Reserves one more response. False when it is over budget, or the store cannot be reached. */
  mayAskAgain(): Promise<boolean>;
  /** What the turn has cost, in US dollars: the worst case where the service did not say. */
  costOf(result: ModelResult): number;
}

/** What the limits of spending are made with. */
export interface SpendingOptions {
  readonly store: SpendingStore;
  readonly budgets: Budgets;
  readonly prices: PriceTable;
  readonly model: string;
  readonly log: Logger;
}

/** Around items: roles and marks of begin and end. */
const OVERHEAD_TOKENS = 200;
/** The service counts one for each 100 ms of a user's sound. */
const MS_PER_SOUND_TOKEN = 100;
/** On the careful side: pictures are cut into tiles of about 170 tokens, of which ours have at most six. */
const TOKENS_PER_PICTURE = 2_000;

/** What turns may cost. Without a price for the model nothing is bounded, and the configuration allows no budget. */
export class Spending {
  readonly #options: SpendingOptions;
  readonly #prices: ModelPrices | undefined;

  constructor(options: SpendingOptions) {
    this.#options = options;
    this.#prices = pricesOf(options.prices, options.model);
  }

  /** The day of the prices. */
  get priceDate(): string {
    return this.#options.prices.date;
  }

  /** Whether turns can be refused. */
  get isBounded(): boolean {
    const { dayUsd, personUsd, conversationUsd } = this.#options.budgets;
    return this.#prices !== undefined && [dayUsd, personUsd, conversationUsd].some((usd) => usd !== undefined);
  }

  /** In US dollars; `undefined` where the model has no price. */
  costOf(usage: TokenUsage): number | undefined {
    return this.#prices && costUsd(usage, this.#prices);
  }

  /** Reserves the worst case of a turn, or says which budget it exceeds. Rejects with a StoreError. */
  async reserve(request: CostRequest): Promise<Allowance | OverBudget> {
    const prices = this.#prices;
    if (prices === undefined || !this.isBounded) return { mayAskAgain: async () => true, costOf: () => 0 };
    const maxUsd = costUsd(worstCase(request), prices);
    const over = await this.#reserve(request, maxUsd);
    if (over !== undefined) return over;
    let responseCount = 1;
    return {
      mayAskAgain: async () => {
        const isOver = await this.#reserve(request, (responseCount + 1) * maxUsd).catch(() => true);
        if (isOver) return false;
        responseCount++;
        return true;
      },
      costOf: ({ usage, isUsageUnknown }) => (isUsageUnknown ? responseCount * maxUsd : costUsd(usage, prices)),
    };
  }

  /** Ends the reservation of a job. Rejects with a StoreError. */
  async settle(jobId: string, usd: number): Promise<void> {
    if (this.isBounded) await this.#options.store.settle(jobId, usd);
  }

  async #reserve({ jobId, conversation, person }: CostRequest, usd: number): Promise<OverBudget | undefined> {
    const { store, budgets, log } = this.#options;
    const result = await store.reserve({ jobId, conversation, person, usd }, budgets);
    switch (result.kind) {
      case 'overBudget':
        return result;
      case 'reserved':
        for (const budget of result.nearLimit) log.warn({ budget, conversation }, 'budget used to 80 %');
        return undefined;
    }
  }
}

/** What an operator should know of the budgets: by those that no turn fits, everybody is refused for ever. */
export function budgetNotices({ limits, session, model }: Pick<Config, 'limits' | 'session' | 'model'>): string[] {
  const prices = pricesOf(limits.prices, model.model);
  if (prices === undefined) return [];
  const smallest = {
    context: { text: 0, audio: 0 },
    settings: session,
    text: () => [session.instructions],
    soundMs: 0,
    pictures: 0,
  };
  const neededUsd = costUsd(worstCase(smallest), prices);
  const cost = `about ${Number(neededUsd.toPrecision(2))} US dollars with REALTIME_MAX_OUTPUT_TOKENS ${session.maxOutputTokens}`;
  const budgets = [
    ['DAILY_BUDGET_USD', limits.dayUsd],
    ['PERSON_DAILY_BUDGET_USD', limits.personUsd],
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
function worstCase(request: Pick<CostRequest, 'context' | 'settings' | 'text' | 'soundMs' | 'pictures'>): TokenUsage {
  const { context, settings, text, soundMs, pictures } = request;
  const bytes = text().reduce<number>((sum, each = '') => sum + Buffer.byteLength(each), OVERHEAD_TOKENS);
  // The configuration has a bound wherever there is a budget.
  const maxOut = typeof settings.maxOutputTokens === 'number' ? settings.maxOutputTokens : Number.POSITIVE_INFINITY;
  return {
    text: { in: bytes + context.text, cached: 0, out: 0 },
    audio: { in: context.audio + Math.ceil(soundMs / MS_PER_SOUND_TOKEN), cached: 0, out: maxOut },
    image: { ...NO_TOKENS.image, in: pictures * TOKENS_PER_PICTURE },
  };
}
