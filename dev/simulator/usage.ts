import { type Item, textOf } from './items.ts';

// The service's own arithmetic, as far as it is known: speech of the user is one token per 100 ms, speech of the
// assistant one per 50 ms; text is taken as four characters a token.
const CHARS_PER_TOKEN = 4;
const MS_PER_INPUT_TOKEN = 100;
const MS_PER_OUTPUT_TOKEN = 50;
/** The service serves a prefix from its cache only when it is at least this long. */
const MIN_CACHED_TOKENS = 1024;

export interface Tokens {
  readonly text: number;
  readonly audio: number;
}

const NONE: Tokens = { text: 0, audio: 0 };

export function textTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Sound of the user. */
export function heardTokens(audioMs: number): number {
  return Math.ceil(audioMs / MS_PER_INPUT_TOKEN);
}

/** Sound of the assistant. */
export function spokenTokens(audioMs: number): number {
  return Math.ceil(audioMs / MS_PER_OUTPUT_TOKEN);
}

function itemTokens(item: Item): Tokens {
  const audioTokens = item.role === 'assistant' ? spokenTokens : heardTokens;
  return { text: textTokens(textOf(item)), audio: audioTokens(item.audioMs) };
}

function sum(tokens: readonly Tokens[]): Tokens {
  return tokens.reduce((total, { text, audio }) => ({ text: total.text + text, audio: total.audio + audio }), NONE);
}

/** What a response reads: the instructions and the items of its context, in order. */
export interface Input {
  readonly instructions: string;
  readonly items: readonly Item[];
}

function inputTokens({ instructions, items }: Input): Tokens {
  return sum([{ text: textTokens(instructions), audio: 0 }, ...items.map(itemTokens)]);
}

/** What of `input` the service has read before in the same order, and so bills as cached. */
function cachedTokens(input: Input, previous: Input | undefined): Tokens {
  if (previous?.instructions !== input.instructions) return NONE;
  const changed = input.items.findIndex((item, index) => item !== previous.items[index]);
  const items = changed < 0 ? input.items : input.items.slice(0, changed);
  const cached = inputTokens({ instructions: input.instructions, items });
  return cached.text + cached.audio < MIN_CACHED_TOKENS ? NONE : cached;
}

/** `usage` of a response, in the published shape. `previous`: what the session's last response read. */
export function usageOf(input: Input, output: readonly Item[], previous: Input | undefined): Record<string, unknown> {
  const read = inputTokens(input);
  const cached = cachedTokens(input, previous);
  const written = sum(output.map(itemTokens));
  const inputTotal = read.text + read.audio;
  const outputTotal = written.text + written.audio;
  return {
    total_tokens: inputTotal + outputTotal,
    input_tokens: inputTotal,
    output_tokens: outputTotal,
    input_token_details: {
      text_tokens: read.text,
      audio_tokens: read.audio,
      image_tokens: 0,
      cached_tokens: cached.text + cached.audio,
      cached_tokens_details: { text_tokens: cached.text, audio_tokens: cached.audio, image_tokens: 0 },
    },
    output_token_details: { text_tokens: written.text, audio_tokens: written.audio },
  };
}
