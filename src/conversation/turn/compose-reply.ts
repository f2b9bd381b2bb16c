import { durationMs, type Pcm } from '../../audio/pcm.ts';
import { encodeWav } from '../../audio/wav.ts';
import { apology, type Messages } from '../../messages/messages.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { Outcome } from '../../realtime/outcome.ts';
import type { Source } from '../../tools/tool.ts';
import type { CallResult } from '../../tools/tool-call.ts';
import { decisionLine } from '../approvals/accept-decision.ts';
import type { Reply, ReplyAudio } from '../reply.ts';
import { speakerName } from '../speakers.ts';
import type { Prompt } from './prompt.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-approvals.ts';
import type { ModelAnswer } from './turn-result.ts';

/** Makes the whole reply: what was understood, the answer with its audio, and what else the user has to know. */
export async function composeReply(modelAnswer: ModelAnswer, prompt: Prompt, turn: Turn): Promise<Reply> {
  const { modelResult, shownHeading, calls, approvals } = modelAnswer;
  const answer = await toReply(modelResult.outcome, turn);
  const heading = shownHeading ?? (answer.isFromModel ? headingOf(modelResult.transcript, prompt.decided, turn) : '');
  const notes = notesOf(modelAnswer, prompt, turn.services.settings.voice, turn.messages);
  const sources = answer.isFromModel && answer.text !== '' ? sourcesOf(calls) : [];
  return {
    ...answer,
    ...(sources.length > 0 && { sources }),
    ...(approvals.length > 0 && isAnswer(modelResult.outcome) && { approvals }),
    text: paragraphs(answer.addsToShown ? '' : heading, answer.text, ...notes),
  };
}

/** Whether the outcome is an answer that may ask for approvals: nobody answers questions below an apology or a stop. */
function isAnswer(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && (outcome.kind !== 'cutShort' || outcome.why === 'length');
}

/** Returns each source once, in the order in which the calls found it. */
function sourcesOf(calls: readonly CallResult[]): readonly Source[] {
  const keyOf = ({ title, page, url }: Source) => JSON.stringify([title, page, url]);
  const found = calls.flatMap(({ sources }) => sources);
  return [...new Map(found.map((source) => [keyOf(source), source])).values()];
}

/** What stands above the answer: the transcript of voice messages, or the decision that it carries out. */
export function headingOf(
  transcript: string | undefined,
  decided: TurnDecision | undefined,
  { message, messages }: Turn,
): string {
  if (transcript !== undefined) return messages.attachments.heard(transcript, speakerName(message));
  const isUnsaid = decided !== undefined && message.isDecisionShown !== true;
  return isUnsaid ? decisionLine(decided.approval, decided.decision, messages) : '';
}

/** What the user gets for an outcome: every outcome has one reply. */
export async function toReply(outcome: Outcome, turn: Turn): Promise<Reply> {
  const { messages } = turn;
  const fromModel = async (text: string, spoken: { pcm: Pcm; text: string }): Promise<Reply> => ({
    isFromModel: true,
    text,
    audio: await toAudio(spoken, turn),
  });
  switch (outcome.kind) {
    case 'spoken':
      return fromModel(outcome.text || messages.voiceReply, outcome);
    case 'needsApproval':
      return fromModel(outcome.text || messages.approval.needed, outcome);
    case 'textOnly':
      return { isFromModel: true, text: outcome.text };
    case 'failed':
      return { text: apology(outcome.error.code, turn.incident, messages) };
    case 'cutShort':
      if (outcome.why === 'filter') return { text: messages.cutShort.filter, addsToShown: true };
      // Nothing had come yet: the confirmation of `/stop` says all.
      if (outcome.why === 'cancelled' && outcome.text === '' && outcome.pcm.byteLength === 0)
        return { isFromModel: true, text: '' };
      return fromModel(paragraphs(outcome.text, messages.cutShort[outcome.why]), outcome);
  }
}

/** Text is authoritative: audio that cannot be made or stored never costs the text. */
async function toAudio(
  { pcm, text }: { pcm: Pcm; text: string },
  { message, log, services }: Turn,
): Promise<ReplyAudio | undefined> {
  if (pcm.byteLength === 0) return undefined;
  try {
    const audio = { wav: await encodeWav(pcm), durationMs: durationMs(pcm.byteLength) };
    const saving = services.audioStore.save({ ...audio, text, conversation: message.key, locale: message.locale });
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

/** What the user has to know beside the answer. */
function notesOf(
  { modelResult: { outcome, rejectedVoice }, calls, exceeded }: ModelAnswer,
  { attachments, record, decided }: Prompt,
  configuredVoice: string,
  messages: Messages,
): readonly string[] {
  const notes: string[] = [];
  // A model without vision or hearing only says that the request is invalid.
  const isRejected = outcome.kind === 'failed' && outcome.error.code === 'request_rejected';
  if (isRejected && attachments.parts.some(({ kind }) => kind !== 'text')) notes.push(messages.attachments.leaveOut);
  if (outcome.kind === 'failed' || outcome.kind === 'cutShort') notes.push(...callNotes(calls, decided, messages));
  notes.push(...attachments.warnings);
  if (outcome.kind === 'cutShort' && outcome.why === 'budget' && exceeded !== undefined)
    notes.push(messages.limits[exceeded.budget]);
  // The configured voice spoke instead of the chosen one.
  const isReplaced = rejectedVoice === record.settings.voice && rejectedVoice !== configuredVoice;
  if (rejectedVoice !== undefined && isReplaced && outcome.kind !== 'failed')
    notes.push(messages.commands.voiceRefused(rejectedVoice, configuredVoice));
  return notes;
}

/** Says what the calls have done if the model could not say it. Nobody should ask for it again. */
function callNotes(
  calls: readonly CallResult[],
  decided: TurnDecision | undefined,
  messages: Messages,
): readonly string[] {
  const { approval } = messages;
  const isNotBegun = decided !== undefined && calls.length === 0;
  if (isNotBegun) return [approval.notDone(decided.approval.title)];
  return calls.flatMap(({ tool, end }, at) => {
    const isDone = end.kind === 'done' || end.kind === 'doneBefore';
    const isUnknown = end.kind === 'unknown';
    const isDecided = decided !== undefined && at === 0;
    const matters = isDecided || (tool?.isReadOnly === false && (isDone || isUnknown));
    if (!matters || tool === undefined) return [];
    if (isUnknown) return [approval.doneUnknown(tool.title)];
    return [isDone ? approval.done(tool.title) : approval.notDone(tool.title)];
  });
}
