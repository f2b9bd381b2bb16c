import type { Logger } from '../../log.ts';
import {
  costUsd,
  type ModelPrices,
  maxUsageOf,
  type OutputSize,
  type PriceTable,
  pricesOf,
  type ResponseSize,
  sizeAfterCalls,
} from '../../prices.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import type { TokenUsage } from '../../token-usage.ts';
import type { Budgets, OverBudget, Reservation, SpendingStore } from './spending-store.ts';

/** What a turn is about to ask the model. */
export interface CostRequest extends Pick<Reservation, 'jobId' | 'conversation' | 'person'> {
  /** Called only if a budget is set. */
  readonly size: () => ResponseSize;
}

/** A turn that may run. */
export interface Allowance {
  readonly kind: 'allowed';
  /**
   * Reserves one more response: the one after calls whose outputs are `outputs` at most; without them, a retry of the
   * same size. Resolves with false if it is over budget, or the store cannot be reached.
   */
  reserveNextResponse(outputs?: OutputSize): Promise<boolean>;
  /** The budget that refused the latest response; `undefined` if none did. */
  readonly exceeded: OverBudget | undefined;
  /** What the turn has cost, in US dollars: the worst case where the service did not say. */
  costOf(result: ModelResult): number;
}

export interface SpendingOptions {
  readonly store: SpendingStore;
  readonly budgets: Budgets;
  readonly prices: PriceTable;
  readonly model: string;
  readonly log: Logger;
}

const UNBOUNDED: Allowance = {
  kind: 'allowed',
  reserveNextResponse: async () => true,
  exceeded: undefined,
  costOf: () => 0,
};

/** What turns may cost. Without a price for the model nothing is bounded, and the configuration allows no budget. */
export class Spending {
  readonly #options: SpendingOptions;
  readonly #prices: ModelPrices | undefined;
  /** Whether turns can be refused. */
  readonly isBounded: boolean;

  constructor(options: SpendingOptions) {
    const { dayUsd, personUsd, conversationUsd } = options.budgets;
    this.#options = options;
    this.#prices = pricesOf(options.prices, options.model);
    this.isBounded =
      this.#prices !== undefined && [dayUsd, personUsd, conversationUsd].some((usd) => usd !== undefined);
  }

  /** The day of the prices. */
  get priceDate(): string {
    return this.#options.prices.date;
  }

  /** In US dollars; `undefined` where the model has no price. */
  costOf(usage: TokenUsage): number | undefined {
    return this.#prices && costUsd(usage, this.#prices);
  }

  /** Reserves the worst case of a turn, or says which budget it exceeds. Rejects with a StoreError. */
  async reserve(request: CostRequest): Promise<Allowance | OverBudget> {
    const prices = this.#prices;
    if (prices === undefined || !this.isBounded) return UNBOUNDED;
    let size = request.size();
    let reservedUsd = costUsd(maxUsageOf(size), prices);
    const over = await this.#reserve(request, reservedUsd);
    if (over !== undefined) return over;
    let exceeded: OverBudget | undefined;
    return {
      kind: 'allowed',
      reserveNextResponse: async (outputs) => {
        const nextSize = outputs === undefined ? size : sizeAfterCalls(size, outputs);
        const nextUsd = reservedUsd + costUsd(maxUsageOf(nextSize), prices);
        const refusal = await this.#reserve(request, nextUsd).catch(() => 'unknown' as const);
        exceeded = refusal === 'unknown' ? undefined : refusal;
        if (refusal !== undefined) return false;
        [size, reservedUsd] = [nextSize, nextUsd];
        return true;
      },
      get exceeded() {
        return exceeded;
      },
      costOf: ({ usage, isUsageUnknown }) => (isUsageUnknown ? reservedUsd : costUsd(usage, prices)),
    };
  }

  /** Ends the reservation of a job. Rejects with a StoreError. */
  async settle(jobId: string, usd: number): Promise<void> {
    if (this.isBounded) await this.#options.store.settle(jobId, usd);
  }

  async #reserve({ jobId, conversation, person }: CostRequest, usd: number): Promise<OverBudget | undefined> {
    const { store, budgets, log } = this.#options;
    const result = await store.reserve({ jobId, conversation, person, usd }, budgets);
    if (result.kind === 'overBudget') return result;
    for (const budget of result.nearLimit) log.warn({ budget, conversation }, '80 % of budget spent or reserved');
    return undefined;
  }
}
