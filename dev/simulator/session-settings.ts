import { onlyKnown, optionalRecord, optionalString, pathOf, requiredOneOf, withinRange } from './checks.ts';
import { checkFormat, type Modality, modalityIn, PCM, type TokenLimit, tokenLimitIn, voiceIn } from './fields.ts';
import type { ToolChoice, ToolDefinition } from './tool-definition.ts';
import { toolChoiceIn, toolsIn, wireTools } from './tools.ts';
import { invalidType, invalidValue, Rejection } from './wire-errors.ts';

/** The effective settings of a session. Immutable: a rejected update changes nothing. */
export interface SessionSettings {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly modality: Modality;
  readonly instructions: string;
  readonly maxOutputTokens: TokenLimit;
  readonly voice: string;
  readonly speed: number;
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  /** How committed audio is transcribed (its `model`, a `language`). Null: not at all. */
  readonly transcription: Readonly<Record<string, unknown>> | null;
  /** Settings that are stored and shown but have no effect here. Null: switched off. */
  readonly inert: Readonly<Record<string, unknown>>;
  readonly inertInput: Readonly<Record<string, unknown>>;
}

const INERT = ['include', 'tracing', 'parallel_tool_calls', 'reasoning', 'truncation', 'prompt'];
const INERT_INPUT = ['noise_reduction', 'turn_detection'];
const KNOWN = [
  'type',
  'model',
  'output_modalities',
  'instructions',
  'audio',
  'max_output_tokens',
  'tools',
  'tool_choice',
  ...INERT,
];
const SPEED = { min: 0.25, max: 1.5 };

export function initialSettings(id: string, model: string, expiresAt: number): SessionSettings {
  return {
    id,
    model,
    expiresAt,
    modality: 'audio',
    instructions: 'This is a simulator of the Realtime API: no model answers here, a few fixed rules do.',
    maxOutputTokens: 'inf',
    voice: 'alloy',
    speed: 1,
    transcription: null,
    tools: [],
    toolChoice: 'auto',
    inert: { tracing: null, truncation: 'auto', prompt: null },
    inertInput: {
      turn_detection: {
        type: 'server_vad',
        threshold: 0.5,
        prefix_padding_ms: 300,
        silence_duration_ms: 200,
        create_response: true,
        interrupt_response: true,
        idle_timeout_ms: null,
      },
    },
  };
}

/**
 * The settings after a `session.update`, which changes only the fields it has. Throws a Rejection.
 * @param isVoiceFixed whether the session has produced audio: then its voice cannot change.
 */
export function updatedSettings(
  current: SessionSettings,
  update: Readonly<Record<string, unknown>>,
  isVoiceFixed: boolean,
): SessionSettings {
  requiredOneOf(update, 'type', 'session', ['realtime']);
  onlyKnown(update, KNOWN, 'session');
  refuseOtherModel(current.model, update);
  const audio = optionalRecord(update, 'audio', 'session') ?? {};
  onlyKnown(audio, ['input', 'output'], 'session.audio');
  const updated = {
    ...current,
    modality: modalityIn(update, 'session') ?? current.modality,
    instructions: optionalString(update, 'instructions', 'session') ?? current.instructions,
    maxOutputTokens: tokenLimitIn(update, 'session') ?? current.maxOutputTokens,
    tools: toolsIn(update, 'session') ?? current.tools,
    toolChoice: toolChoiceIn(update, 'session') ?? current.toolChoice,
    inert: { ...current.inert, ...pick(update, INERT) },
    ...inputAudio(current, optionalRecord(audio, 'input', 'session.audio') ?? {}),
    ...outputAudio(current, optionalRecord(audio, 'output', 'session.audio') ?? {}),
  };
  if (isVoiceFixed) refuseOtherVoice(current.voice, updated.voice);
  return updated;
}

/** Rejects a change of voice after the first audio, for the session and for single responses. */
export function refuseOtherVoice(current: string, requested: string): void {
  if (current === requested) return;
  const message = "Cannot update a conversation's voice if assistant audio is present.";
  throw new Rejection(message, { code: 'cannot_update_voice' });
}

function refuseOtherModel(current: string, update: Readonly<Record<string, unknown>>): void {
  const model = optionalString(update, 'model', 'session');
  if (model === undefined || model === current) return;
  throw invalidValue('session.model', `Cannot update the model of a session: it is '${current}' until it ends.`);
}

function inputAudio(current: SessionSettings, input: Readonly<Record<string, unknown>>) {
  const path = 'session.audio.input';
  onlyKnown(input, ['format', 'transcription', ...INERT_INPUT], path);
  for (const key of INERT_INPUT) {
    if (input[key] !== null) optionalRecord(input, key, path);
  }
  checkFormat(input, path);
  const isSwitchedOff = input['transcription'] === null;
  return {
    transcription: isSwitchedOff ? null : (optionalRecord(input, 'transcription', path) ?? current.transcription),
    inertInput: { ...current.inertInput, ...pick(input, INERT_INPUT) },
  };
}

function outputAudio(current: SessionSettings, output: Readonly<Record<string, unknown>>) {
  const path = 'session.audio.output';
  onlyKnown(output, ['format', 'voice', 'speed'], path);
  checkFormat(output, path);
  const { speed = current.speed } = output;
  if (typeof speed !== 'number') throw invalidType(pathOf(path, 'speed'), 'a decimal', speed);
  return {
    voice: voiceIn(output, path) ?? current.voice,
    speed: withinRange(speed, pathOf(path, 'speed'), SPEED),
  };
}

function pick(record: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => record[key] !== undefined).map((key) => [key, record[key]]));
}

/** These may be null in a published session object; other null settings are omitted. */
const NULLABLE = ['turn_detection', 'tracing', 'prompt'];

/** The full session as `session.created` and `session.updated` show it. */
export function wireSession(settings: SessionSettings): Record<string, unknown> {
  return {
    type: 'realtime',
    object: 'realtime.session',
    id: settings.id,
    model: settings.model,
    expires_at: settings.expiresAt,
    output_modalities: [settings.modality],
    instructions: settings.instructions,
    max_output_tokens: settings.maxOutputTokens,
    ...wireTools(settings.tools, settings.toolChoice),
    ...shownSettings(settings.inert),
    audio: {
      input: {
        format: PCM,
        ...shownSettings({ transcription: settings.transcription, ...settings.inertInput }),
      },
      output: { format: PCM, voice: settings.voice, speed: settings.speed },
    },
  };
}

function shownSettings(inert: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inert).filter(([key, value]) => value !== null || NULLABLE.includes(key)));
}
