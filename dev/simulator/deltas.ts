import { BYTES_PER_SAMPLE, BYTES_PER_SECOND } from '../../src/audio/pcm.ts';
import { audioMs } from './fields.ts';
import { CHARS_PER_TOKEN, outputAudioTokens, textTokens } from './usage.ts';

/** A quarter of a second, about as much as a delta of the service. */
const AUDIO_DELTA_BYTES = BYTES_PER_SECOND / 4;

/** The content between two pauses: some words, then a piece of audio. Counts as one delta. */
export interface Step {
  readonly words: readonly string[];
  /** PCM16 LE mono 24 kHz. */
  readonly audio?: Uint8Array;
}

/** Splits a text into words, each with the space before it. */
export function splitWords(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

export function textSteps(text: string): readonly Step[] {
  return splitWords(text).map((word) => ({ words: [word] }));
}

/** Splits audio into deltas, and spreads the words evenly over them. */
export function audioSteps(text: string, pcm: Uint8Array): readonly Step[] {
  const words = splitWords(text);
  const pieces = Math.ceil(pcm.byteLength / AUDIO_DELTA_BYTES);
  if (pieces === 0) return words.length === 0 ? [] : [{ words }];
  return Array.from({ length: pieces }, (_, index) => ({
    words: words.slice(Math.ceil((index * words.length) / pieces), Math.ceil(((index + 1) * words.length) / pieces)),
    audio: pcm.subarray(index * AUDIO_DELTA_BYTES, (index + 1) * AUDIO_DELTA_BYTES),
  }));
}

/** About as many characters as in a delta of the service; long arguments have longer ones. */
const MIN_ARGUMENT_DELTA_CHARS = 5;
const MAX_ARGUMENT_DELTAS = 8;

/** Splits the arguments of a call into deltas of whole characters. */
export function argumentDeltas(text: string): readonly string[] {
  const chars = Array.from(text);
  const size = Math.max(MIN_ARGUMENT_DELTA_CHARS, Math.ceil(chars.length / MAX_ARGUMENT_DELTAS));
  const count = Math.ceil(chars.length / size);
  return Array.from({ length: count }, (_, index) => chars.slice(index * size, (index + 1) * size).join(''));
}

/** Shortens the arguments of a call to at most `tokens`, in the middle of a word if need be. */
export function cutArguments(text: string, tokens: number): string {
  return textTokens(text) <= tokens ? text : text.slice(0, tokens * CHARS_PER_TOKEN).toWellFormed();
}

/** A message with its audio. */
export interface Rendered {
  readonly text: string;
  /** The audio is empty in text modality. */
  readonly pcm: Uint8Array;
}

/** The tokens of text and audio together. */
export function tokensOf({ text, pcm }: Rendered): number {
  return textTokens(text) + outputAudioTokens(audioMs(pcm.byteLength));
}

/** Shortens a message to at most `tokens`: whole words, and the audio up to the same place. */
export function cutTo(output: Rendered, tokens: number): Rendered {
  const total = tokensOf(output);
  if (total <= tokens) return output;
  const share = tokens / total;
  const words = splitWords(output.text);
  const samples = Math.floor((output.pcm.byteLength * share) / BYTES_PER_SAMPLE);
  return {
    text: words.slice(0, Math.floor(words.length * share)).join(''),
    pcm: output.pcm.subarray(0, samples * BYTES_PER_SAMPLE),
  };
}
