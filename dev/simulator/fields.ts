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
export function modalityIn(fields: Fields, path: string): Modality | undefined {
  const value = fields['output_modalities'];
  if (value === undefined) return undefined;
  const param = pathOf(path, 'output_modalities');
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
export function tokenLimitIn(fields: Fields, path: string): TokenLimit | undefined {
  const value = fields['max_output_tokens'];
  if (value === undefined || value === 'inf') return value;
  const param = pathOf(path, 'max_output_tokens');
  if (typeof value === 'string') throw unsupportedValue(param, value, ['inf']);
  return withinRange(requiredInteger(fields, 'max_output_tokens', path), param, { min: 1, max: MAX_OUTPUT_TOKENS });
}

export function voiceIn(fields: Fields, path: string): string | undefined {
  if (fields['voice'] === undefined) return undefined;
  return requiredOneOf(fields, 'voice', path, VOICES);
}

/** Checks the `format` of input or output audio. Throws a Rejection for any other than PCM at 24 kHz. */
export function checkFormat(fields: Fields, path: string): void {
  const format = optionalRecord(fields, 'format', path);
  if (format === undefined) return;
  const formatPath = pathOf(path, 'format');
  requiredOneOf(format, 'type', formatPath, [PCM.type]);
  const rate = format['rate'] ?? PCM.rate;
  if (rate !== PCM.rate) throw unsupportedValue(pathOf(formatPath, 'rate'), rate, [String(PCM.rate)]);
}

/** The length of PCM audio, in milliseconds. */
export function audioMs(bytes: number): number {
  return bytes / (BYTES_PER_SECOND / 1000);
}
