import type { ModelResult } from '../../realtime/model-result.ts';
import { addUsage, NO_CONTEXT } from '../../token-usage.ts';
import type { CallResult } from '../../tools/tool-call.ts';
import { nextHistory } from '../history/history.ts';
import { activityDigest } from '../keys.ts';
import {
  type ConversationRecord,
  type ConversationSettings,
  type ConversationUsage,
  type Edit,
  isHandled,
  type PendingReply,
} from '../records.ts';
import type { Reply } from '../reply.ts';
import { speakerName } from '../speakers.ts';
import type { Prompt } from './prompt.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-approvals.ts';
import type { ModelAnswer } from './turn-result.ts';

/** The history holds at most this much of each tool's result. */
const MAX_REMEMBERED_CHARS = 200;
/** The model may call a tool that does not exist, by any name. */
const MAX_REMEMBERED_NAME_CHARS = 64;

/** Applies a turn to the newest record; does nothing the second time. */
export function turnEdit(
  { modelResult, calls }: ModelAnswer,
  reply: Reply,
  { record: recordAtStart, attachments, decided }: Prompt,
  turn: Turn,
): Edit {
  const { job, message, costUsd = 0, services } = turn;
  const id = activityDigest(message);
  const attached = attachments.historyLines.map((line) => line(modelResult.transcript));
  const lines = [decisionNote(decided, calls) ?? message.text, ...attached];
  const user = lines.filter((line) => line !== '').join('\n');
  const name = speakerName(message);
  const past = { user, name, activityId: message.activityId, calls: callSummaries(calls) };
  const { text, addsToShown, isFromModel, sources, approvals, audio } = reply;
  const pending: PendingReply = {
    messageId: id,
    reply: { text, addsToShown, isFromModel, sources, approvals },
    audioId: audio?.stored?.id,
    costUsd,
  };
  return (record) => {
    // See `sessionVersionAfter`: no other turn sets these two.
    const hasVersion = record.sessionVersion === job.id || record.sessionVersion === id;
    if (hasVersion || record.unsent?.messageId === id) return record;
    // A turn that runs is not marked as handled yet, so a mark means that the message was withdrawn.
    const isWithdrawn = isHandled(record, message.activityId);
    return {
      ...record,
      ...(isWithdrawn ? {} : nextHistory(record, past, modelResult, services.historyTurns)),
      settings: settingsAfter(record, modelResult),
      usage: usageAfter(record.usage, modelResult, reply),
      sessionVersion: sessionVersionAfter(record, recordAtStart, turn),
      unsent: message.expectsReplies ? record.unsent : pending,
    };
  };
}

/** Stands for the message in the history if it decides about a call, which is then the first of the turn. */
function decisionNote(decided: TurnDecision | undefined, [first]: readonly CallResult[]): string | undefined {
  if (decided === undefined) return undefined;
  const { name } = decided.tool;
  if (first === undefined) return `[not done: ${name}]`;
  return first.end.kind === 'denied' ? `[denied: ${name}]` : `[approved: ${name}]`;
}

/** Summarises the calls for the history, which later sessions get; `undefined` if there are none. */
export function callSummaries(calls: readonly CallResult[]): readonly string[] | undefined {
  if (calls.length === 0) return undefined;
  return calls.map(({ call, end, output }) => {
    const name = call.name.slice(0, MAX_REMEMBERED_NAME_CHARS).toWellFormed();
    return `${name} (${end.kind}): ${output.slice(0, MAX_REMEMBERED_CHARS).toWellFormed()}`;
  });
}

/**
 * Only the session of this turn may be up to date. If the message was withdrawn or a command ran meanwhile, none is.
 */
function sessionVersionAfter(
  record: ConversationRecord,
  recordAtStart: ConversationRecord,
  { job, message }: Turn,
): ConversationRecord['sessionVersion'] {
  if (isHandled(record, message.activityId)) return record.sessionVersion;
  if (record.sessionVersion !== recordAtStart.sessionVersion) return activityDigest(message);
  return job.id;
}

/** The settings without the chosen voice, if the service refused it. */
function settingsAfter({ settings }: ConversationRecord, { rejectedVoice }: ModelResult): ConversationSettings {
  const { voice, ...others } = settings;
  return rejectedVoice !== undefined && rejectedVoice === voice ? others : settings;
}

function usageAfter(usage: ConversationUsage, modelResult: ModelResult, { audio }: Reply): ConversationUsage {
  return {
    ...usage,
    turns: usage.turns + 1,
    audioMs: usage.audioMs + (audio?.durationMs ?? 0),
    tokens: addUsage(usage.tokens, modelResult.usage),
    context: { ...usage.context, ...(modelResult.contextTokens ?? NO_CONTEXT) },
  };
}
