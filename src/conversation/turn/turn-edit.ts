import type { ModelResult } from '../../realtime/model-result.ts';
import { addUsage } from '../../token-usage.ts';
import type { CallResult } from '../../tools/tool-call.ts';
import { nextHistory } from '../history/history.ts';
import { messageId } from '../keys.ts';
import {
  type ConversationRecord,
  type ConversationSettings,
  type ConversationUsage,
  type Edit,
  isKnown,
  NO_CONTEXT,
} from '../records.ts';
import type { Reply } from '../reply.ts';
import { speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { Prompt } from './prompt.ts';
import type { Turn } from './turn.ts';
import type { ModelAnswer } from './turn-result.ts';

/** The history holds at most this much of each tool's result. */
const MAX_REMEMBERED_CHARS = 200;
/** The model may call a tool that does not exist, by any name. */
const MAX_REMEMBERED_NAME_CHARS = 64;

/** Applies a turn to the newest record; does nothing the second time. */
export function turnEdit(
  { model, calls }: ModelAnswer,
  reply: Reply,
  { record: before, attachments }: Prompt,
  turn: Turn,
): Edit {
  const { job, message, costUsd = 0, services } = turn;
  const id = messageId(message);
  const attached = attachments.remembered.map((line) => line(model.transcript));
  const lines = [decisionNote(message, calls) ?? message.text, ...attached];
  const user = lines.filter((line) => line !== '').join('\n');
  const past = { user, name: speakerName(message), activityId: message.activityId, ...remembered(calls) };
  const { text, addsToShown, isFromModel, sources, approvals, audio } = reply;
  return (record) => {
    if (record.sessionVersion === job.id || record.unsent?.messageId === id) return record;
    const isWithdrawn = isKnown(record, message.activityId);
    return {
      ...record,
      ...(isWithdrawn ? {} : nextHistory(record, past, model, services.historyTurns)),
      settings: settingsAfter(record, model),
      usage: usageAfter(record.usage, model, reply),
      sessionVersion: sessionVersionAfter(record, before, turn),
      unsent: {
        messageId: id,
        reply: { text, addsToShown, isFromModel, sources, approvals },
        audioId: audio?.stored?.id,
        costUsd,
      },
    };
  };
}

/** Stands for the message in the history if it decides about a call. */
function decisionNote({ approvalId }: UserMessage, [first]: readonly CallResult[]): string | undefined {
  if (approvalId === undefined) return undefined;
  return first?.end.kind === 'denied' ? `[denied: ${first.call.name}]` : `[approved: ${first?.call.name ?? 'a call'}]`;
}

/** Summarises the calls for the history, which later sessions get. */
export function remembered(calls: readonly CallResult[]): { readonly calls?: readonly string[] } {
  if (calls.length === 0) return {};
  return {
    calls: calls.map(({ call, end, output }) => {
      const name = call.name.slice(0, MAX_REMEMBERED_NAME_CHARS).toWellFormed();
      return `${name} (${end.kind}): ${output.slice(0, MAX_REMEMBERED_CHARS).toWellFormed()}`;
    }),
  };
}

/** Only the session of this turn may be up to date. If the message was withdrawn or a command ran meanwhile, none is. */
function sessionVersionAfter(
  record: ConversationRecord,
  before: ConversationRecord,
  { job, message }: Turn,
): ConversationRecord['sessionVersion'] {
  if (isKnown(record, message.activityId)) return record.sessionVersion;
  if (record.sessionVersion !== before.sessionVersion) return messageId(message);
  return job.id;
}

/** The settings without the chosen voice, if the service refused it. */
function settingsAfter({ settings }: ConversationRecord, { rejectedVoice }: ModelResult): ConversationSettings {
  const { voice, ...others } = settings;
  return rejectedVoice !== undefined && rejectedVoice === voice ? others : settings;
}

function usageAfter(usage: ConversationUsage, model: ModelResult, { audio }: Reply): ConversationUsage {
  return {
    ...usage,
    turns: usage.turns + 1,
    audioMs: usage.audioMs + (audio?.durationMs ?? 0),
    tokens: addUsage(usage.tokens, model.usage),
    context: { ...usage.context, ...(model.contextTokens ?? NO_CONTEXT) },
  };
}
