import { BYTES_PER_SAMPLE, BYTES_PER_SECOND } from '../../src/audio/pcm.ts';
import { audioMs, PCM } from './fields.ts';
import { spokenTokens, textTokens } from './usage.ts';

/** A quarter of a second, about what the service sends at once. */
const AUDIO_DELTA_BYTES = BYTES_PER_SECOND / 4;

/** What goes out between two pauses: some words, then a piece of sound. One step is one delta to count. */
export interface Step {
  readonly words: readonly string[];
  /** PCM16 LE mono 24 kHz. */
  readonly audio?: Uint8Array;
}

/** The words with the space before each: joined, they are the text again. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

export function textSteps(text: string): readonly Step[] {
  return wordsOf(text).map((word) => ({ words: [word] }));
}

/** The sound in pieces, with the words spread evenly over it. */
export function audioSteps(text: string, pcm: Uint8Array): readonly Step[] {
  const words = wordsOf(text);
  const pieces = Math.ceil(pcm.byteLength / AUDIO_DELTA_BYTES);
  if (pieces === 0) return words.length === 0 ? [] : [{ words }];
  return Array.from({ length: pieces }, (_, index) => ({
    words: words.slice(Math.ceil((index * words.length) / pieces), Math.ceil(((index + 1) * words.length) / pieces)),
    audio: pcm.subarray(index * AUDIO_DELTA_BYTES, (index + 1) * AUDIO_DELTA_BYTES),
  }));
}

/** An output with its sound, ready to be sent. */
export interface Rendered {
  readonly text: string;
  /** Empty in text modality. */
  readonly pcm: Uint8Array;
}

/** What an output costs; text and sound both count. */
export function costOf({ text, pcm }: Rendered): number {
  return textTokens(text) + spokenTokens(audioMs(pcm.byteLength, PCM));
}

/** The beginning of an output that costs at most `tokens`: whole words, and the sound up to the same place. */
export function cutTo(output: Rendered, tokens: number): Rendered {
  const cost = costOf(output);
  if (cost <= tokens) return output;
  const share = tokens / cost;
  const words = wordsOf(output.text);
  const samples = Math.floor((output.pcm.byteLength * share) / BYTES_PER_SAMPLE);
  return {
    text: words.slice(0, Math.floor(words.length * share)).join(''),
    pcm: output.pcm.subarray(0, samples * BYTES_PER_SAMPLE),
  };
}
