import { type Item, textOf } from './items.ts';

// The known rules of the service: one token for 100 ms of user audio, and for 50 ms of assistant audio. Text is estimated
// at four characters a token.
const CHARS_PER_TOKEN = 4;
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
  const audioTokens = item.role === 'assistant' ? outputAudioTokens : inputAudioTokens;
  return { text: textTokens(textOf(item)), audio: audioTokens(item.audioMs) };
}

function sum(tokens: readonly Tokens[]): Tokens {
  return tokens.reduce((total, { text, audio }) => ({ text: total.text + text, audio: total.audio + audio }), NONE);
}

/** The input of a response: the instructions and the items of its context, in order. */
export interface Input {
  readonly instructions: string;
  readonly items: readonly Item[];
}

function inputTokens({ instructions, items }: Input): Tokens {
  return sum([{ text: textTokens(instructions), audio: 0 }, ...items.map(itemTokens)]);
}

/** The common prefix with the previous input, which the service bills as cached. */
function cachedTokens(input: Input, previous: Input | undefined): Tokens {
  if (previous?.instructions !== input.instructions) return NONE;
  const changed = input.items.findIndex((item, index) => item !== previous.items[index]);
  const items = changed < 0 ? input.items : input.items.slice(0, changed);
  const cached = inputTokens({ instructions: input.instructions, items });
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
