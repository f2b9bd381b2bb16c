import type { ModelResult } from '../../realtime/model-result.ts';
import { addUsage } from '../../token-usage.ts';
import type { CallResult } from '../../tools/tool-call.ts';
import { nextMemory } from '../history/history.ts';
import { messageId } from '../keys.ts';
import { isKnown } from '../record-after.ts';
import type { ConversationRecord, ConversationUsage, Edit } from '../records.ts';
import type { Reply } from '../reply.ts';
import type { Services } from '../services.ts';
import { speakerOf } from '../speakers.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { TurnContext } from './turn-context.ts';
import type { Response } from './turn-result.ts';

/** What a turn has come to. */
export interface Answered {
  readonly attachments: ReadAttachments;
  readonly response: Response;
  readonly reply: Reply;
}

/** Of a tool's result. */
const MAX_REMEMBERED_CHARS = 200;

/** The edit that applies a turn to the newest record; does nothing the second time. `found`: as the turn began with it. */
export function turnEdit(
  { attachments, response: { model, calls }, reply }: Answered,
  found: ConversationRecord,
  { job: { id: turnId, message }, costUsd = 0 }: TurnContext,
  { historyTurns, settings: { voice: configuredVoice } }: Services,
): Edit {
  const id = messageId(message);
  const user = [message.text, ...attachments.remembered.map((line) => line(model.transcript))]
    .filter((line) => line !== '')
    .join('\n');
  const past = { user, name: speakerOf(message), activityId: message.activityId, ...remembered(calls) };
  const { text, addsToShown, isFromModel, sources, audio } = reply;
  return (record) => {
    if (record.lastTurn === turnId || record.unsent?.message === id) return record;
    const isWithdrawn = isKnown(record, message.activityId);
    return {
      ...record,
      ...(isWithdrawn ? {} : nextMemory(record, past, model, historyTurns)),
      settings: settingsAfter(record, model, configuredVoice),
      usage: usageAfter(record.usage, model, reply),
      // A withdrawn message makes the session of this turn stale; a change by a command makes every session stale.
      lastTurn: isWithdrawn ? record.lastTurn : record.lastTurn === found.lastTurn ? turnId : id,
      unsent: { message: id, reply: { text, addsToShown, isFromModel, sources }, audioId: audio?.stored?.id, costUsd },
    };
  };
}

/** What a later session is told of calls. */
function remembered(calls: readonly CallResult[]): { readonly calls?: readonly string[] } {
  if (calls.length === 0) return {};
  return {
    calls: calls.map(({ call, end, output }) => `${call.name} (${end.kind}): ${output.slice(0, MAX_REMEMBERED_CHARS)}`),
  };
}

/** Without the chosen voice that the service refused. */
function settingsAfter(
  { settings }: ConversationRecord,
  { refusedVoice }: ModelResult,
  configuredVoice: string,
): ConversationRecord['settings'] {
  const { voice, ...others } = settings;
  return refusedVoice !== undefined && refusedVoice === voice && voice !== configuredVoice ? others : settings;
}

const NO_CONTEXT = { text: 0, audio: 0 };

function usageAfter(usage: ConversationUsage, model: ModelResult, { audio }: Reply): ConversationUsage {
  return {
    ...usage,
    turns: usage.turns + 1,
    audioMs: usage.audioMs + (audio?.durationMs ?? 0),
    tokens: addUsage(usage.tokens, model.usage),
    context: { ...usage.context, ...(model.contextTokens ?? NO_CONTEXT) },
  };
}
