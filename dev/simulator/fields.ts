import { BYTES_PER_SECOND, SAMPLE_RATE_HZ } from '../../src/audio/pcm.ts';
import { VOICES } from '../../src/config/voices.ts';
import { optionalRecord, pathOf, requiredInteger, requiredOneOf, withinRange } from './checks.ts';
import { invalidType, invalidValue, unsupportedValue } from './wire-errors.ts';

// Fields of both session.update and response.create.

const MODALITIES = ['audio', 'text'] as const;
/** The limit of the gpt-realtime family. */
const MAX_OUTPUT_TOKENS = 4_096;

export type Modality = (typeof MODALITIES)[number];
export type TokenLimit = number | 'inf';

/** The only format of the simulator. The service also knows G.711. */
export const PCM = { type: 'audio/pcm', rate: SAMPLE_RATE_HZ } as const;

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

/** Checks the `format` of input or output audio. Throws a Rejection for any other than PCM at 24 kHz. */
export function checkFormat(fields: Fields, base: string): void {
  const format = optionalRecord(fields, 'format', base);
  if (format === undefined) return;
  const path = pathOf(base, 'format');
  requiredOneOf(format, 'type', path, [PCM.type]);
  const rate = format['rate'] ?? PCM.rate;
  if (rate !== PCM.rate) throw unsupportedValue(pathOf(path, 'rate'), rate, [String(PCM.rate)]);
}

/** The length of PCM audio, in milliseconds. */
export function audioMs(bytes: number): number {
  return bytes / (BYTES_PER_SECOND / 1000);
}
