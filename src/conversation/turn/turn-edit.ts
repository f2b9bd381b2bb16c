import type { ModelResult } from '../../realtime/model-result.ts';
import { addUsage } from '../../token-usage.ts';
import type { CallResult } from '../../tools/tool-call.ts';
import { nextMemory } from '../history/history.ts';
import { messageId } from '../keys.ts';
import { isKnown } from '../record-after.ts';
import type { ConversationRecord, ConversationUsage, Edit } from '../records.ts';
import { NO_CONTEXT } from '../records.ts';
import type { Reply } from '../reply.ts';
import type { Services } from '../services.ts';
import { speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { Turn } from './turn.ts';
import type { ModelAnswer } from './turn-result.ts';

export interface AnsweredTurn {
  readonly attachments: ReadAttachments;
  readonly answer: ModelAnswer;
  readonly reply: Reply;
}

/** The history holds at most this much of each tool's result. */
const MAX_REMEMBERED_CHARS = 200;
/** The model may call a tool that does not exist, by any name. */
const MAX_REMEMBERED_NAME_CHARS = 64;

/** The edit that applies a turn to the newest record; does nothing the second time. `found`: as the turn began with it. */
export function turnEdit(
  { attachments, answer: { model, calls }, reply }: AnsweredTurn,
  found: ConversationRecord,
  { job: { id: turnId, message }, costUsd = 0 }: Turn,
  { historyTurns, settings: { voice: configuredVoice } }: Services,
): Edit {
  const id = messageId(message);
  const user = [
    decisionNote(message, calls) ?? message.text,
    ...attachments.remembered.map((line) => line(model.transcript)),
  ]
    .filter((line) => line !== '')
    .join('\n');
  const past = { user, name: speakerName(message), activityId: message.activityId, ...remembered(calls) };
  const { text, addsToShown, isFromModel, sources, approvals, audio } = reply;
  return (record) => {
    if (record.sessionVersion === turnId || record.unsent?.messageId === id) return record;
    const isWithdrawn = isKnown(record, message.activityId);
    return {
      ...record,
      ...(isWithdrawn ? {} : nextMemory(record, past, model, historyTurns)),
      settings: settingsAfter(record, model, configuredVoice),
      usage: usageAfter(record.usage, model, reply),
      // A withdrawn message makes the session of this turn stale; a change by a command makes every session stale.
      sessionVersion: isWithdrawn
        ? record.sessionVersion
        : record.sessionVersion === found.sessionVersion
          ? turnId
          : id,
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
    calls: calls.map(
      ({ call, end, output }) =>
        `${call.name.slice(0, MAX_REMEMBERED_NAME_CHARS)} (${end.kind}): ${output.slice(0, MAX_REMEMBERED_CHARS)}`,
    ),
  };
}

/** The settings without the chosen voice, if the service refused it. */
function settingsAfter(
  { settings }: ConversationRecord,
  { refusedVoice }: ModelResult,
  configuredVoice: string,
): ConversationRecord['settings'] {
  const { voice, ...others } = settings;
  return refusedVoice !== undefined && refusedVoice === voice && voice !== configuredVoice ? others : settings;
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
