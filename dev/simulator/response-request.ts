import { onlyKnown, optionalRecord, optionalString, pathOf, requiredOneOf, requiredString } from './checks.ts';
import type { Conversation } from './conversation.ts';
import { isRecord, type WireEvent } from './events.ts';
import { checkFormat, type Modality, modalityIn, type TokenLimit, tokenLimitIn, voiceIn } from './fields.ts';
import { type Item, parseItem } from './items.ts';
import type { SessionSettings } from './session-settings.ts';
import { invalidType, invalidValue, Rejection, stringTooLong } from './wire-errors.ts';

/** A `response.create`, completed by the settings of the session. */
export interface ResponseRequest {
  /** `conversation: "none"`: runs in parallel to other responses, and adds nothing to the conversation. */
  readonly outOfBand: boolean;
  /** The input of the model: the conversation, or the `input` of the event. */
  readonly context: readonly Item[];
  readonly instructions: string;
  readonly modality: Modality;
  readonly maxOutputTokens: TokenLimit;
  readonly voice: string;
  readonly metadata: Readonly<Record<string, string>> | null;
}

type Fields = Record<string, unknown>;

const BASE = 'response';
const INERT = ['tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'prompt'];
const KNOWN = [
  ...['conversation', 'input', 'instructions', 'output_modalities', 'audio', 'max_output_tokens', 'metadata'],
  ...INERT,
];

/** Reads a `response.create`; throws a Rejection. */
export function parseResponseRequest(
  event: WireEvent,
  settings: SessionSettings,
  conversation: Conversation,
): ResponseRequest {
  const fields = optionalRecord(event, 'response', '') ?? {};
  onlyKnown(fields, KNOWN, BASE);
  const output = optionalRecord(optionalRecord(fields, 'audio', BASE) ?? {}, 'output', 'response.audio') ?? {};
  onlyKnown(output, ['format', 'voice'], 'response.audio.output');
  checkFormat(output, 'response.audio.output');
  return {
    outOfBand: isOutOfBand(fields),
    context: inputIn(fields, conversation) ?? conversation.items,
    instructions: optionalString(fields, 'instructions', BASE) ?? settings.instructions,
    modality: modalityIn(fields, BASE) ?? settings.modality,
    maxOutputTokens: tokenLimitIn(fields, BASE) ?? settings.maxOutputTokens,
    voice: voiceIn(output, 'response.audio.output') ?? settings.voice,
    metadata: metadataIn(fields),
  };
}

function isOutOfBand(fields: Fields): boolean {
  if (fields['conversation'] === undefined) return false;
  return requiredOneOf(fields, 'conversation', BASE, ['auto', 'none']) === 'none';
}

function inputIn(fields: Fields, conversation: Conversation): readonly Item[] | undefined {
  const { input } = fields;
  if (input === undefined) return undefined;
  const path = pathOf(BASE, 'input');
  if (!Array.isArray(input)) throw invalidType(path, 'an array', input);
  return input.map((item: unknown, index) => inputItem(item, `${path}[${index}]`, conversation));
}

function inputItem(item: unknown, path: string, conversation: Conversation): Item {
  if (!isRecord(item)) throw invalidType(path, 'an object', item);
  if (item['type'] !== 'item_reference') return parseItem(item, path);
  return conversation.find(requiredString(item, 'id', path), 'retrieve');
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
