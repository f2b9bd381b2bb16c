import { BYTES_PER_SECOND, SAMPLE_RATE_HZ } from '../../src/audio/pcm.ts';
import { VOICES } from '../../src/config/voices.ts';
import { optionalRecord, pathOf, requiredInteger, requiredOneOf, withinRange } from './checks.ts';
import { invalidType, invalidValue, unsupportedValue } from './wire-errors.ts';

// Fields of both session.update and response.create.

const FORMATS = ['audio/pcm', 'audio/pcmu', 'audio/pcma'] as const;
const MODALITIES = ['audio', 'text'] as const;
/** The limit of the gpt-realtime family. */
const MAX_OUTPUT_TOKENS = 4_096;

export type Modality = (typeof MODALITIES)[number];
export type AudioFormat =
  | { readonly type: 'audio/pcm'; readonly rate: number }
  | { readonly type: 'audio/pcmu' }
  | { readonly type: 'audio/pcma' };
export type TokenLimit = number | 'inf';

export const PCM: AudioFormat = { type: 'audio/pcm', rate: SAMPLE_RATE_HZ };

type Fields = Record<string, unknown>;

/** `output_modalities`: exactly ["audio"] (with transcript) or ["text"], never both. */
export function modalityIn(fields: Fields, base: string): Modality | undefined {
  const value = fields['output_modalities'];
  if (value === undefined) return undefined;
  const param = pathOf(base, 'output_modalities');
  if (!Array.isArray(value)) throw invalidType(param, 'an array', value);
  const found = value.length === 1 ? MODALITIES.find((modality) => modality === value[0]) : undefined;
  if (found === undefined) throw unsupportedCombination(param, value);
  return found;
}

function unsupportedCombination(param: string, value: readonly unknown[]) {
  const supported = MODALITIES.map((modality) => `['${modality}']`).join(' and ');
  return invalidValue(param, `Invalid modalities: ${JSON.stringify(value)}. Supported combinations are: ${supported}.`);
}

/** `max_output_tokens`: 1 to 4096, or "inf". */
export function tokenLimitIn(fields: Fields, base: string): TokenLimit | undefined {
  const value = fields['max_output_tokens'];
  if (value === undefined || value === 'inf') return value;
  const param = pathOf(base, 'max_output_tokens');
  if (typeof value === 'string') throw unsupportedValue(param, value, ['inf']);
  return withinRange(requiredInteger(fields, 'max_output_tokens', base), param, { min: 1, max: MAX_OUTPUT_TOKENS });
}

export function voiceIn(fields: Fields, base: string): string | undefined {
  if (fields['voice'] === undefined) return undefined;
  return requiredOneOf(fields, 'voice', base, VOICES);
}

/** `format` of input or output audio. PCM has one rate only. */
export function formatIn(fields: Fields, base: string): AudioFormat | undefined {
  const format = optionalRecord(fields, 'format', base);
  if (format === undefined) return undefined;
  const path = pathOf(base, 'format');
  const type = requiredOneOf(format, 'type', path, FORMATS);
  if (type !== 'audio/pcm') return { type };
  const rate = format['rate'] ?? SAMPLE_RATE_HZ;
  if (rate !== SAMPLE_RATE_HZ) throw unsupportedValue(pathOf(path, 'rate'), rate, [String(SAMPLE_RATE_HZ)]);
  return PCM;
}

/** One byte for each sample. */
const G711_RATE_HZ = 8_000;

export function sampleRateHz({ type }: AudioFormat): number {
  return type === 'audio/pcm' ? SAMPLE_RATE_HZ : G711_RATE_HZ;
}

/** The length of audio, in milliseconds. */
export function audioMs(bytes: number, { type }: AudioFormat): number {
  return bytes / ((type === 'audio/pcm' ? BYTES_PER_SECOND : G711_RATE_HZ) / 1000);
}
