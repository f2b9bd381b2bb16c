import { onlyKnown, optionalRecord, optionalString, pathOf, requiredOneOf } from './checks.ts';
import type { WireEvent } from './events.ts';
import { checkFormat, type Modality, modalityIn, type TokenLimit, tokenLimitIn, voiceIn } from './fields.ts';
import type { SessionSettings } from './session-settings.ts';
import type { ToolChoice, ToolDefinition } from './tool-definition.ts';
import { toolChoiceIn, toolsIn } from './tools.ts';
import { invalidType, invalidValue, Rejection, stringTooLong } from './wire-errors.ts';

/** A `response.create`, completed by the settings of the session. */
export interface ResponseRequest {
  readonly instructions: string;
  readonly modality: Modality;
  readonly maxOutputTokens: TokenLimit;
  readonly voice: string;
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  readonly metadata: Readonly<Record<string, string>> | null;
}

type Fields = Record<string, unknown>;

const BASE = 'response';
const INERT = ['parallel_tool_calls', 'reasoning', 'prompt'];
const KNOWN = [
  'conversation',
  'instructions',
  'output_modalities',
  'audio',
  'max_output_tokens',
  'metadata',
  'tools',
  'tool_choice',
  ...INERT,
];

/** Reads a `response.create`; throws a Rejection. */
export function parseResponseRequest(event: WireEvent, settings: SessionSettings): ResponseRequest {
  const fields = optionalRecord(event, 'response', '') ?? {};
  onlyKnown(fields, KNOWN, BASE);
  // The simulator has no responses out of band (`none`).
  if (fields['conversation'] !== undefined) requiredOneOf(fields, 'conversation', BASE, ['auto']);
  const output = optionalRecord(optionalRecord(fields, 'audio', BASE) ?? {}, 'output', 'response.audio') ?? {};
  onlyKnown(output, ['format', 'voice'], 'response.audio.output');
  checkFormat(output, 'response.audio.output');
  return {
    instructions: optionalString(fields, 'instructions', BASE) ?? settings.instructions,
    modality: modalityIn(fields, BASE) ?? settings.modality,
    maxOutputTokens: tokenLimitIn(fields, BASE) ?? settings.maxOutputTokens,
    voice: voiceIn(output, 'response.audio.output') ?? settings.voice,
    tools: toolsIn(fields, BASE) ?? settings.tools,
    toolChoice: toolChoiceIn(fields, BASE) ?? settings.toolChoice,
    metadata: metadataIn(fields),
  };
}

const MAX_PAIRS = 16;
const MAX_KEY_CHARS = 64;
const MAX_VALUE_CHARS = 512;

function metadataIn(fields: Fields): Record<string, string> | null {
  if (fields['metadata'] === null) return null;
  const metadata = optionalRecord(fields, 'metadata', BASE);
  if (metadata === undefined) return null;
  const param = pathOf(BASE, 'metadata');
  const pairs = Object.entries(metadata);
  if (pairs.length > MAX_PAIRS) {
    const message = `Invalid '${param}': too many properties. Expected an object with at most ${MAX_PAIRS} properties, but got an object with ${pairs.length} properties instead.`;
    throw new Rejection(message, { code: 'object_above_max_properties', param });
  }
  return Object.fromEntries(pairs.map(([key, value]) => [key, metadataValue(key, value, param)]));
}

function metadataValue(key: string, value: unknown, param: string): string {
  if (key.length > MAX_KEY_CHARS) {
    throw invalidValue(param, `Invalid '${param}': a key is longer than ${MAX_KEY_CHARS} characters.`);
  }
  const path = pathOf(param, key);
  if (typeof value !== 'string') throw invalidType(path, 'a string', value);
  if (value.length > MAX_VALUE_CHARS) throw stringTooLong(path, MAX_VALUE_CHARS, value.length);
  return value;
}
