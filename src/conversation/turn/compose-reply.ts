import { wordingFor } from '../../messages/messages.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import type { ConversationRecord } from '../records.ts';
import type { Reply } from '../reply.ts';
import type { Services } from '../services.ts';
import type { UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import { paragraphs, transcriptHeading } from './reply-text.ts';
import { toReply } from './to-reply.ts';
import type { TurnContext } from './turn-context.ts';
import type { Asked } from './turn-result.ts';

/** Makes the whole reply: what was understood, the answer with its audio, and what else the user has to know. */
export async function composeReply(
  { attachments, response: { model, shownHeading } }: Asked,
  record: ConversationRecord,
  turn: TurnContext,
  { audioStore, settings }: Services,
): Promise<Reply> {
  const { message, log, incident } = turn;
  const answer = await toReply(model.outcome, { message, audioStore, log, incident });
  const heading = shownHeading ?? (answer.isFromModel === true ? transcriptHeading(model.heard, message) : '');
  const notes = [
    ...hintsOf(message, model, attachments),
    ...attachments.notes,
    ...voiceNotes(message, model, record, settings.voice),
  ];
  return { ...answer, text: paragraphs(answer.addsToShown === true ? '' : heading, answer.text, ...notes) };
}

/** A model that cannot see or hear says no more than that it does not take the message. */
function hintsOf({ locale }: UserMessage, { outcome }: ModelResult, { soundMs, pictures }: ReadAttachments): string[] {
  const isRefused = outcome.kind === 'failed' && outcome.error.code === 'request_rejected';
  return isRefused && soundMs + pictures > 0 ? [wordingFor(locale).attachments.leaveOut] : [];
}

/** Tells the user where the configured voice spoke in place of the chosen one. */
function voiceNotes(
  { locale }: UserMessage,
  { refusedVoice, outcome }: ModelResult,
  { settings }: ConversationRecord,
  configuredVoice: string,
): string[] {
  const isReplaced = refusedVoice !== undefined && refusedVoice === settings.voice && refusedVoice !== configuredVoice;
  if (!isReplaced || outcome.kind === 'failed') return [];
  return [wordingFor(locale).commands.voiceRefused(refusedVoice, configuredVoice)];
}
