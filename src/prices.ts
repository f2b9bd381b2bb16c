import { fieldsOf } from './json-access.ts';
import {
  byModality,
  type ContextTokens,
  MODALITIES,
  type ModalityTokens,
  NO_TOKENS,
  type TokenUsage,
} from './token-usage.ts';

/** US dollars for a million tokens of one modality. */
export type ModalityPrices = Readonly<Record<keyof ModalityTokens, number>>;

/** Images occur only in the input. */
export type ModelPrices = Readonly<Record<keyof TokenUsage, ModalityPrices>>;

export interface PriceTable {
  /** The day of the prices, `YYYY-MM-DD`. */
  readonly date: string;
  readonly models: Readonly<Record<string, ModelPrices>>;
}

const FULL: Pick<ModelPrices, 'audio' | 'image'> = {
  audio: { in: 32, cached: 0.4, out: 64 },
  image: { in: 5, cached: 0.5, out: 0 },
};
const MINI: ModelPrices = {
  text: { in: 0.6, cached: 0.06, out: 2.4 },
  audio: { in: 10, cached: 0.3, out: 20 },
  image: { in: 0.8, cached: 0.08, out: 0 },
};

/** https://developers.openai.com/api/docs/pricing ; the same for Azure's global deployments. */
export const DEFAULT_PRICES: PriceTable = {
  date: '2026-11-22',
  models: {
    'gpt-realtime': { text: { in: 4, cached: 0.4, out: 16 }, ...FULL },
    'gpt-realtime-1.5': { text: { in: 4, cached: 0.4, out: 16 }, ...FULL },
    'gpt-realtime-2': { text: { in: 4, cached: 0.4, out: 24 }, ...FULL },
    'gpt-realtime-2.1': { text: { in: 4, cached: 0.4, out: 24 }, ...FULL },
    'gpt-realtime-2.1-mini': MINI,
    'gpt-realtime-mini': MINI,
  },
};

/** Finds the prices of a model or deployment by its whole name, else by its name without the date at its end. */
export function pricesOf({ models }: PriceTable, name: string): ModelPrices | undefined {
  const find = (wanted: string) => Object.entries(models).find(([each]) => each.toLowerCase() === wanted)?.[1];
  const wanted = name.toLowerCase();
  return find(wanted) ?? find(wanted.replace(/-\d{4}-\d{2}-\d{2}$/, ''));
}

/** Returns US dollars. */
export function costUsd(usage: TokenUsage, prices: ModelPrices): number {
  const millionths = MODALITIES.reduce((sum, name) => {
    const [tokens, price] = [usage[name], prices[name]];
    return sum + (tokens.in - tokens.cached) * price.in + tokens.cached * price.cached + tokens.out * price.out;
  }, 0);
  return millionths / 1e6;
}

/** The sizes that bound the cost of a response. */
export interface ResponseSize {
  readonly context: ContextTokens;
  /** All texts that a new session would get. */
  readonly texts: readonly (string | undefined)[];
  readonly audioMs: number;
  readonly pictures: number;
  /** The definitions of the tools as JSON. Every response reads them. */
  readonly toolBytes: number;
  readonly maxOutputTokens: number | 'inf' | undefined;
}

/** The most that the outputs of the calls of one response add to a session. */
export interface OutputSize {
  readonly bytes: number;
  readonly pictures: number;
}

/** The tokens around items: roles and marks of their start and end. */
const OVERHEAD_TOKENS = 200;
/** The service adds about 290 tokens of its own to the definitions of tools, however many there are. */
const TOOLS_OVERHEAD_TOKENS = 400;
/** The service counts one token for each 100 ms of a user's audio. */
const MS_PER_AUDIO_TOKEN = 100;
/** A safe estimate: the service cuts pictures into tiles of about 170 tokens, and ours have at most six tiles. */
const TOKENS_PER_PICTURE = 2_000;

/**
 * Returns at least the tokens of one response. The input is what the session holds plus everything that a new session
 * would get; a token has at least one byte. The output is the longest answer as speech, since text is cheaper.
 */
export function maxUsageOf(size: ResponseSize): TokenUsage {
  const { context, texts, audioMs, pictures, toolBytes } = size;
  const bytes = texts.reduce<number>((sum, each = '') => sum + Buffer.byteLength(each), OVERHEAD_TOKENS);
  const ofTools = toolBytes === 0 ? 0 : toolBytes + TOOLS_OVERHEAD_TOKENS;
  const maxOut = maxOutputOf(size);
  return {
    text: { in: bytes + ofTools + context.text, cached: 0, out: 0 },
    audio: { in: context.audio + Math.ceil(audioMs / MS_PER_AUDIO_TOKEN), cached: 0, out: maxOut },
    image: { ...NO_TOKENS.image, in: context.image + pictures * TOKENS_PER_PICTURE },
  };
}

/** The size of the response after calls: it also reads the response that made them, and their outputs. */
export function sizeAfterCalls(size: ResponseSize, { bytes, pictures }: OutputSize): ResponseSize {
  const { context } = size;
  return {
    ...size,
    context: { ...context, text: context.text + bytes, audio: context.audio + maxOutputOf(size) },
    pictures: size.pictures + pictures,
  };
}

/** The configuration sets a limit if there is a budget. */
function maxOutputOf({ maxOutputTokens }: ResponseSize): number {
  return typeof maxOutputTokens === 'number' ? maxOutputTokens : Number.POSITIVE_INFINITY;
}

/** Reads a price table from JSON. Throws an Error that says what is wrong with it, for the operator. */
export function readPriceTable(json: string): PriceTable {
  const { date, models } = fieldsOf(JSON.parse(json));
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new Error('"date" is not YYYY-MM-DD');
  const entries = Object.entries(fieldsOf(models));
  if (entries.length === 0) throw new Error('"models" does not name a model');
  return { date, models: Object.fromEntries(entries.map(([name, prices]) => [name, modelPrices(name, prices)])) };
}

function modelPrices(model: string, value: unknown): ModelPrices {
  const fields = fieldsOf(value);
  return byModality((name) => {
    const isInputOnly = name === 'image';
    if (isInputOnly && fields[name] === undefined) return { in: 0, cached: 0, out: 0 };
    const prices = fieldsOf(fields[name]);
    const price = (direction: keyof ModalityPrices, fallback?: number): number => {
      const found = prices[direction] ?? fallback;
      if (typeof found === 'number' && Number.isFinite(found) && found >= 0) return found;
      throw new Error(`"models.${model}.${name}.${direction}" is not a price in US dollars per million tokens`);
    };
    return { in: price('in'), cached: price('cached'), out: price('out', isInputOnly ? 0 : undefined) };
  });
}
