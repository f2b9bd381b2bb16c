import { durationMs, type Pcm } from '../../audio/pcm.ts';
import { encodeWav } from '../../audio/wav.ts';
import { apology, type Messages, messagesFor } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import type { Outcome } from '../../realtime/outcome.ts';
import type { Source } from '../../tools/tool.ts';
import type { CallEnd, CallResult } from '../../tools/tool-call.ts';
import { decisionLine } from '../approvals/accept-decision.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import type { ConversationRecord } from '../records.ts';
import type { Reply, ReplyAudio } from '../reply.ts';
import type { Services } from '../services.ts';
import { speakerName } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-decision.ts';
import type { ModelAnswer } from './turn-result.ts';

/** Makes the whole reply: what was understood, the answer with its audio, and what else the user has to know. */
export async function composeReply(
  { model, shownHeading, calls, approvals, exceeded }: ModelAnswer,
  decided: TurnDecision | undefined,
  attachments: ReadAttachments,
  record: ConversationRecord,
  turn: Turn,
  services: Services,
): Promise<Reply> {
  const { message } = turn;
  const answer = await toReply(model.outcome, turn, services);
  const heading = shownHeading ?? (answer.isFromModel === true ? headingOf(model.transcript, decided, message) : '');
  const warnings = [
    ...hintsOf(message, model, attachments),
    ...callNotes(message, model, decided, calls),
    ...attachments.warnings,
    ...budgetNotes(message, model, exceeded),
    ...voiceNotes(message, model, record, services.settings.voice),
  ];
  const sources = answer.isFromModel === true && answer.text !== '' ? sourcesOf(calls) : [];
  return {
    ...answer,
    ...(sources.length === 0 ? {} : { sources }),
    ...(approvals.length > 0 && isAnswer(model.outcome) ? { approvals } : {}),
    text: paragraphs(answer.addsToShown === true ? '' : heading, answer.text, ...warnings),
  };
}

/** Whether the outcome is an answer that may ask for approvals: nobody answers questions below an apology or a stop. */
function isAnswer(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && (outcome.kind !== 'cutShort' || outcome.why === 'length');
}

/** Returns each source once, in the order in which the calls found it. */
function sourcesOf(calls: readonly CallResult[]): readonly Source[] {
  const found = calls.flatMap(({ sources }) => sources);
  return [
    ...new Map(found.map((source) => [JSON.stringify([source.title, source.page, source.url]), source])).values(),
  ];
}

/** What stands above the answer: the transcript of voice messages, or the decision that it carries out. */
export function headingOf(
  transcript: string | undefined,
  decided: TurnDecision | undefined,
  message: UserMessage,
): string {
  const messages = messagesFor(message.locale);
  if (transcript !== undefined) return messages.attachments.heard(transcript, speakerName(message));
  const isUnsaid = decided !== undefined && message.isDecisionShown !== true;
  return isUnsaid ? decisionLine(decided.approval, decided.decision, messages) : '';
}

/** What the user gets for an outcome: every outcome has one reply. */
export async function toReply(
  outcome: Outcome,
  turn: Pick<Turn, 'message' | 'log' | 'incident'>,
  services: Pick<Services, 'audioStore'>,
): Promise<Reply> {
  const messages = messagesFor(turn.message.locale);
  const fromModel = { audio: undefined, isFromModel: true };
  switch (outcome.kind) {
    case 'spoken':
      return { ...fromModel, text: outcome.text || messages.voiceReply, audio: await toAudio(outcome, turn, services) };
    case 'needsApproval':
      return {
        ...fromModel,
        text: outcome.text || messages.approval.needed,
        audio: await toAudio(outcome, turn, services),
      };
    case 'textOnly':
      return { ...fromModel, text: outcome.text };
    case 'failed':
      return { text: apology(outcome.error.code, turn.incident, messages), audio: undefined };
    case 'cutShort':
      if (outcome.why === 'filter') return { text: messages.cutShort.filter, audio: undefined, addsToShown: true };
      // Nothing had come yet: the confirmation of `/stop` says all.
      if (outcome.why === 'cancelled' && outcome.text === '' && outcome.pcm.byteLength === 0)
        return { ...fromModel, text: '' };
      return {
        ...fromModel,
        text: paragraphs(outcome.text, messages.cutShort[outcome.why]),
        audio: await toAudio(outcome, turn, services),
      };
  }
}

/** Text is authoritative: audio that cannot be made or stored never costs the text. */
async function toAudio(
  { pcm, text }: { pcm: Pcm; text: string },
  { message, log }: Pick<Turn, 'message' | 'log'>,
  { audioStore }: Pick<Services, 'audioStore'>,
): Promise<ReplyAudio | undefined> {
  if (pcm.byteLength === 0) return undefined;
  try {
    const audio = { wav: await encodeWav(pcm), durationMs: durationMs(pcm.byteLength) };
    const saving = audioStore.save({ ...audio, text, conversation: message.key, locale: message.locale });
    const stored = await saving.catch((err: unknown) => {
      log.error({ err }, 'reply audio not stored');
      return undefined;
    });
    return { ...audio, stored };
  } catch (err) {
    log.error({ err }, 'reply audio not made');
    return undefined;
  }
}

/** A model without vision or hearing only says that the request is invalid. */
function hintsOf({ locale }: UserMessage, { outcome }: ModelResult, { after }: ReadAttachments): string[] {
  const isRefused = outcome.kind === 'failed' && outcome.error.code === 'request_rejected';
  return isRefused && after.some(({ kind }) => kind !== 'text') ? [messagesFor(locale).attachments.leaveOut] : [];
}

/** Says what the calls have done if the model could not say it. Nobody should ask for it again. */
function callNotes(
  { locale }: UserMessage,
  { outcome }: ModelResult,
  decided: TurnDecision | undefined,
  calls: readonly CallResult[],
): string[] {
  if (outcome.kind !== 'failed' && outcome.kind !== 'cutShort') return [];
  const messages = messagesFor(locale);
  const ended = calls.flatMap(({ tool, end }, at) => {
    const isDecided = decided !== undefined && at === 0;
    const mayHaveDone = end.kind === 'done' || end.kind === 'doneBefore' || end.kind === 'unknown';
    const matters = isDecided || (tool?.isReadOnly === false && mayHaveDone);
    return matters && tool !== undefined ? [endOf(end.kind, messages)(tool.title)] : [];
  });
  const isNotBegun = decided !== undefined && calls.length === 0;
  return isNotBegun ? [messages.approval.notDone(decided.approval.title)] : ended;
}

function endOf(end: CallEnd['kind'], { approval }: Messages): (title: string) => string {
  switch (end) {
    case 'done':
    case 'doneBefore':
      return approval.done;
    case 'failed':
    case 'waiting':
    case 'denied':
    case 'tooMany':
      return approval.notDone;
    case 'unknown':
      return approval.doneUnknown;
  }
}

/** Says which budget did not allow the rest of the answer. */
function budgetNotes({ locale }: UserMessage, { outcome }: ModelResult, exceeded: OverBudget | undefined): string[] {
  const isCut = outcome.kind === 'cutShort' && outcome.why === 'budget';
  return isCut && exceeded !== undefined ? [messagesFor(locale).limits[exceeded.budget]] : [];
}

/** A note if the configured voice spoke instead of the chosen one. */
function voiceNotes(
  { locale }: UserMessage,
  { refusedVoice, outcome }: ModelResult,
  { settings }: ConversationRecord,
  configuredVoice: string,
): string[] {
  const isReplaced = refusedVoice !== undefined && refusedVoice === settings.voice && refusedVoice !== configuredVoice;
  if (!isReplaced || outcome.kind === 'failed') return [];
  return [messagesFor(locale).commands.voiceRefused(refusedVoice, configuredVoice)];
}
