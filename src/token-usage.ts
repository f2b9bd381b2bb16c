import { fieldsOf } from './json-access.ts';

/** Tokens of one modality. `cached` is a part of `in`, billed at a lower price. */
export interface ModalityTokens {
  readonly in: number;
  readonly cached: number;
  readonly out: number;
}

export const MODALITIES = ['text', 'audio', 'image'] as const;

/** Billed tokens, of one response or of many. */
export type TokenUsage = Readonly<Record<(typeof MODALITIES)[number], ModalityTokens>>;

const NONE: ModalityTokens = Object.freeze({ in: 0, cached: 0, out: 0 });
export const NO_TOKENS: TokenUsage = Object.freeze({ text: NONE, audio: NONE, image: NONE });

/** Tokens that a session holds: the next response reads them. */
export type ContextTokens = Readonly<Record<keyof TokenUsage, number>>;

/** What a new session holds. */
export const NO_CONTEXT: ContextTokens = Object.freeze({ text: 0, audio: 0, image: 0 });

/** Makes a value for each modality. */
export function byModality<T>(make: (name: keyof TokenUsage) => T) {
  return { text: make('text'), audio: make('audio'), image: make('image') };
}

/**
 * Reads `usage` of `response.done`, whose fields are all optional; `undefined` if it has no counts. Tokens without a
 * modality count as text in the input, and as audio, which costs more, in the output.
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  const usage = fieldsOf(value);
  const input = fieldsOf(usage['input_token_details']);
  const output = fieldsOf(usage['output_token_details']);
  const cached = fieldsOf(input['cached_tokens_details']);
  const [inputRest, outputRest] = [rest(usage['input_tokens'], input), rest(usage['output_tokens'], output)];
  const tokens = byModality((name): ModalityTokens => {
    const tokensIn = count(input[`${name}_tokens`]) + (name === 'text' ? inputRest : 0);
    const tokensOut = count(output[`${name}_tokens`]) + (name === 'audio' ? outputRest : 0);
    return { in: tokensIn, cached: Math.min(tokensIn, count(cached[`${name}_tokens`])), out: tokensOut };
  });
  const isEmpty = MODALITIES.every((name) => tokens[name].in + tokens[name].out === 0);
  const isZero = usage['input_tokens'] === 0 && usage['output_tokens'] === 0;
  return isEmpty && !isZero ? undefined : tokens;
}

/** Returns the sum. Keeps other fields of `one`, which a newer version may have stored. */
export function addUsage(one: TokenUsage, other: TokenUsage): TokenUsage {
  const sums = byModality((name): ModalityTokens => {
    const [a, b] = [one[name], other[name]];
    return { ...a, in: a.in + b.in, cached: a.cached + b.cached, out: a.out + b.out };
  });
  return { ...one, ...sums };
}

/** Returns the tokens of a total that its details leave out. */
function rest(total: unknown, details: Readonly<Record<string, unknown>>): number {
  const detailed = MODALITIES.reduce((sum, name) => sum + count(details[`${name}_tokens`]), 0);
  return Math.max(0, count(total) - detailed);
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
