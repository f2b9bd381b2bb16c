import { fieldsOf } from '../fields.ts';
import { MODALITIES, NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import type { PastTurn } from './history/history.ts';
import {
  type ConversationRecord,
  type ConversationSettings,
  type ConversationUsage,
  EMPTY_RECORD,
  RECORD_VERSION,
  type UnsentReply,
} from './records.ts';

/**
 * Reads a record from JSON of any version: what is missing or of the wrong kind is as in an empty record, and unknown
 * fields are kept, so that a newer version finds them again. What is no object is an empty record.
 */
export function readRecord(json: unknown): ConversationRecord {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return EMPTY_RECORD;
  const fields = fieldsOf(json);
  return {
    ...fields,
    version: Math.max(RECORD_VERSION, numberOf(fields['version'])),
    history: arrayOf(fields['history']).flatMap(pastTurnOf),
    refusals: numberOf(fields['refusals']),
    settings: settingsOf(fields['settings']),
    usage: usageOf(fields['usage']),
    lastTurn: isText(fields['lastTurn']) ? fields['lastTurn'] : undefined,
    answered: arrayOf(fields['answered']).filter(isText),
    unsent: unsentOf(fields['unsent']),
  };
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
  const { message, reply, audioId, costUsd, ...others } = fieldsOf(value);
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
    ...(typeof costUsd === 'number' ? { costUsd: numberOf(costUsd) } : {}),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** An array would leave its places behind as fields. */
const objectOf = (value: unknown) => (Array.isArray(value) ? {} : fieldsOf(value));
/** Of counts, which are never negative. */
const numberOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
