import { fieldsOf } from '../../fields.ts';
import { MODALITIES, NO_TOKENS, type TokenUsage } from '../../token-usage.ts';
import type { PastTurn } from '../history/history.ts';
import {
  type ConversationRecord,
  type ConversationSettings,
  type ConversationUsage,
  type FailedTries,
  RECORD_VERSION,
  type Runner,
  type UnsentReply,
} from '../records.ts';

/** The record as it is stored, with the key that its name does not tell. */
export function writeRecord(key: string, record: ConversationRecord): Buffer {
  return Buffer.from(JSON.stringify({ ...record, key }));
}

/**
 * Reads what this or any other version has written: what is missing or of the wrong kind is as in a new record, and
 * what is unknown is kept. `undefined` for what is no record at all.
 */
export function readRecord(body: Buffer): ConversationRecord | undefined {
  const found = objectIn(body);
  if (found === undefined) return undefined;
  const { key: _, ...fields } = found;
  return {
    ...fields,
    version: Math.max(RECORD_VERSION, numberOf(fields['version'])),
    history: arrayOf(fields['history']).flatMap(pastTurnOf),
    refusals: numberOf(fields['refusals']),
    settings: settingsOf(fields['settings']),
    usage: usageOf(fields['usage']),
    lastTurn: undefined,
    answered: arrayOf(fields['answered']).filter(isText),
    unsent: unsentOf(fields['unsent']),
    runner: runnerOf(fields['runner']),
    tries: triesOf(fields['tries']),
  };
}

/** The object that is written there as JSON; `undefined` where there is none. */
export function objectIn(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? fieldsOf(value) : undefined;
  } catch {
    return undefined;
  }
}

function pastTurnOf(value: unknown): readonly PastTurn[] {
  const { user, assistant, name, activityId, ...others } = fieldsOf(value);
  if (!isText(user)) return [];
  return [
    {
      ...others,
      user,
      assistant: isText(assistant) ? assistant : undefined,
      ...(isText(name) ? { name } : {}),
      ...(isText(activityId) ? { activityId } : {}),
    },
  ];
}

function settingsOf(value: unknown): ConversationSettings {
  const { voice, modality, ...others } = objectOf(value);
  return {
    ...others,
    ...(isText(voice) ? { voice } : {}),
    ...(modality === 'audio' || modality === 'text' ? { modality } : {}),
  };
}

function usageOf(value: unknown): ConversationUsage {
  const fields = objectOf(value);
  const context = objectOf(fields['context']);
  return {
    ...fields,
    turns: numberOf(fields['turns']),
    audioMs: numberOf(fields['audioMs']),
    tokens: tokensOf(fields['tokens']),
    context: { ...context, text: numberOf(context['text']), audio: numberOf(context['audio']) },
  };
}

function tokensOf(value: unknown): TokenUsage {
  const fields = objectOf(value);
  const read = MODALITIES.map((name) => {
    const tokens = objectOf(fields[name]);
    const known = { in: numberOf(tokens['in']), cached: numberOf(tokens['cached']), out: numberOf(tokens['out']) };
    return [name, { ...tokens, ...known }];
  });
  return { ...fields, ...NO_TOKENS, ...Object.fromEntries(read) };
}

function unsentOf(value: unknown): UnsentReply | undefined {
  const { message, reply, audioId, ...others } = fieldsOf(value);
  const { text, addsToShown, isFromModel, ...replyOthers } = fieldsOf(reply);
  if (!isText(message) || !isText(text)) return undefined;
  return {
    ...others,
    message,
    reply: {
      ...replyOthers,
      text,
      ...(typeof addsToShown === 'boolean' ? { addsToShown } : {}),
      ...(typeof isFromModel === 'boolean' ? { isFromModel } : {}),
    },
    ...(isText(audioId) ? { audioId } : {}),
  };
}

function runnerOf(value: unknown): Runner | undefined {
  const { instance, untilMs, message, ...others } = fieldsOf(value);
  if (!isText(instance) || typeof untilMs !== 'number') return undefined;
  return { ...others, instance, untilMs, ...(isText(message) ? { message } : {}) };
}

function triesOf(value: unknown): FailedTries | undefined {
  const { message, count } = fieldsOf(value);
  return isText(message) ? { message, count: numberOf(count) } : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** An array would leave its places behind as fields. */
const objectOf = (value: unknown) => (Array.isArray(value) ? {} : fieldsOf(value));
/** Of counts, which are never negative. */
const numberOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
