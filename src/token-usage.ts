import { fieldsOf } from './json-access.ts';

/** Tokens of one kind of content. `cached` is a part of `in`, billed at a lower price. */
export interface ModalityTokens {
  readonly in: number;
  readonly cached: number;
  readonly out: number;
}

/** Tokens that the service bills, of one response or of many. */
export interface TokenUsage {
  readonly text: ModalityTokens;
  readonly audio: ModalityTokens;
  readonly image: ModalityTokens;
}

export const MODALITIES = ['text', 'audio', 'image'] as const;

const NONE: ModalityTokens = Object.freeze({ in: 0, cached: 0, out: 0 });
export const NO_TOKENS: TokenUsage = Object.freeze({ text: NONE, audio: NONE, image: NONE });

/**
 * Reads `usage` of `response.done`, whose fields are all optional; `undefined` where it tells nothing. Tokens whose kind
 * is not told count as text where they were read, and as audio, the dearer, where they were made.
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  const usage = fieldsOf(value);
  const total = { in: countOf(usage['input_tokens']), out: countOf(usage['output_tokens']) };
  const input = fieldsOf(usage['input_token_details']);
  const output = fieldsOf(usage['output_token_details']);
  const cached = fieldsOf(input['cached_tokens_details']);
  const told = (details: Readonly<Record<string, unknown>>) =>
    MODALITIES.map((name) => countOf(details[`${name}_tokens`]));
  const untold = {
    in: Math.max(0, total.in - sum(told(input))),
    out: Math.max(0, total.out - sum(told(output))),
  };
  const tokensOf = (name: (typeof MODALITIES)[number]): ModalityTokens => {
    const field = `${name}_tokens`;
    const read = countOf(input[field]) + (name === 'text' ? untold.in : 0);
    return {
      in: read,
      cached: Math.min(read, countOf(cached[field])),
      out: countOf(output[field]) + (name === 'audio' ? untold.out : 0),
    };
  };
  const tokens = { text: tokensOf('text'), audio: tokensOf('audio'), image: tokensOf('image') };
  const isTold = usage['input_tokens'] === 0 && usage['output_tokens'] === 0;
  return isNothing(tokens) && !isTold ? undefined : tokens;
}

/** The sum. What else `one` holds, which a newer version may have stored, stays. */
export function addUsage(one: TokenUsage, other: TokenUsage): TokenUsage {
  const add = (name: (typeof MODALITIES)[number]): ModalityTokens => ({
    ...one[name],
    in: one[name].in + other[name].in,
    cached: one[name].cached + other[name].cached,
    out: one[name].out + other[name].out,
  });
  return { ...one, text: add('text'), audio: add('audio'), image: add('image') };
}

function isNothing({ text, audio, image }: TokenUsage): boolean {
  return sum([text, audio, image].flatMap((tokens) => [tokens.in, tokens.out])) === 0;
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
