import { type Item, textOf } from './items.ts';
import type { ToolDefinition } from './tool-definition.ts';

// The known rules of the service: one token for 100 ms of user audio, and for 50 ms of assistant audio. Text is
// estimated at four characters a token.
export const CHARS_PER_TOKEN = 4;
const MS_PER_INPUT_TOKEN = 100;
const MS_PER_OUTPUT_TOKEN = 50;
/** The service caches only prefixes of at least this length. */
const MIN_CACHED_TOKENS = 1024;

export interface Tokens {
  readonly text: number;
  readonly audio: number;
}

const NONE: Tokens = { text: 0, audio: 0 };

export function textTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

export function inputAudioTokens(audioMs: number): number {
  return Math.ceil(audioMs / MS_PER_INPUT_TOKEN);
}

export function outputAudioTokens(audioMs: number): number {
  return Math.ceil(audioMs / MS_PER_OUTPUT_TOKEN);
}

function itemTokens(item: Item): Tokens {
  if (item.type !== 'message') return { text: textTokens(textOf(item)), audio: 0 };
  const audioTokens = item.role === 'assistant' ? outputAudioTokens : inputAudioTokens;
  return { text: textTokens(textOf(item)), audio: audioTokens(item.audioMs) };
}

function sum(tokens: readonly Tokens[]): Tokens {
  return tokens.reduce((total, { text, audio }) => ({ text: total.text + text, audio: total.audio + audio }), NONE);
}

/** The input of a response: the instructions, the definitions of tools and the items of its context, in order. */
export interface Input {
  readonly instructions: string;
  readonly tools: readonly ToolDefinition[];
  readonly items: readonly Item[];
}

/** The start of the input. The definitions count in every response; the same ones give the same text. */
function prefixOf({ instructions, tools }: Input): string {
  return tools.length === 0 ? instructions : `${instructions}${JSON.stringify(tools)}`;
}

function inputTokens(input: Input): Tokens {
  return sum([{ text: textTokens(prefixOf(input)), audio: 0 }, ...input.items.map(itemTokens)]);
}

/** The common prefix with the previous input, which the service bills as cached. */
function cachedTokens(input: Input, previous: Input | undefined): Tokens {
  if (previous === undefined || prefixOf(previous) !== prefixOf(input)) return NONE;
  const changed = input.items.findIndex((item, index) => item !== previous.items[index]);
  const items = changed < 0 ? input.items : input.items.slice(0, changed);
  const cached = inputTokens({ ...input, items });
  return cached.text + cached.audio < MIN_CACHED_TOKENS ? NONE : cached;
}

/** `usage` of a response, in the published shape. `previous`: the input of the session's last response. */
export function usageOf(input: Input, output: readonly Item[], previous: Input | undefined): Record<string, unknown> {
  const total = inputTokens(input);
  const cached = cachedTokens(input, previous);
  const produced = sum(output.map(itemTokens));
  const inputTotal = total.text + total.audio;
  const outputTotal = produced.text + produced.audio;
  return {
    total_tokens: inputTotal + outputTotal,
    input_tokens: inputTotal,
    output_tokens: outputTotal,
    input_token_details: {
      text_tokens: total.text,
      audio_tokens: total.audio,
      image_tokens: 0,
      cached_tokens: cached.text + cached.audio,
      cached_tokens_details: { text_tokens: cached.text, audio_tokens: cached.audio, image_tokens: 0 },
    },
    output_token_details: { text_tokens: produced.text, audio_tokens: produced.audio },
  };
}
