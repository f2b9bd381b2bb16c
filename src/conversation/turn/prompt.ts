import type { SessionSettings } from '../../config/config.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { ResponseSize } from '../../prices.ts';
import type { ContentPart } from '../../realtime/content.ts';
import { type ContextTokens, NO_CONTEXT } from '../../token-usage.ts';
import type { ToolSet } from '../../tools/tools.ts';
import { historyText } from '../history/history.ts';
import type { ConversationRecord } from '../records.ts';
import { aboutPeople, itemText } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-approvals.ts';
import { outputSizeOf } from './turn-calls.ts';

/** What the model is asked in a turn. */
export interface Prompt {
  readonly attachments: ReadAttachments;
  /** The record at the start of the turn. */
  readonly record: ConversationRecord;
  /** The tools that the model may call. */
  readonly tools: ToolSet;
  /** The decision that the turn carries out. Its call takes the place of the message's text. */
  readonly decided: TurnDecision | undefined;
  readonly settings: SessionSettings;
  /** Facts about the people who write, for a new session. */
  readonly about: string | undefined;
  /** The text of the message's item, and what comes along with it. */
  readonly text: string;
  readonly parts: readonly ContentPart[];
  /** The transcript so far, for a new session. */
  readonly history: string | undefined;
  /** What the session holds already. */
  readonly context: ContextTokens;
}

type PromptSources = Pick<Prompt, 'attachments' | 'record' | 'tools' | 'decided'>;

export function toPrompt(sources: PromptSources, { message, services }: Turn): Prompt {
  const { attachments, record } = sources;
  const { settings, sessions } = services;
  const warnings = attachments.modelWarnings.map((text) => ({ kind: 'text', text }) as const);
  return {
    ...sources,
    settings: { ...settings, ...record.settings },
    about: aboutPeople(message),
    text: paragraphs(...attachments.leading, itemText(message)),
    parts: [...attachments.parts, ...warnings],
    history: historyText(record.history),
    context: sessions.isWarm(message.key, record.sessionVersion) ? record.usage.context : NO_CONTEXT,
  };
}

/** Whether there is nothing that a model could be asked. */
export function isEmpty({ text, approvalId }: UserMessage, { leading, parts }: ReadAttachments): boolean {
  return text === '' && approvalId === undefined && leading.length === 0 && parts.length === 0;
}

const NO_OUTPUT = { bytes: 0, pictures: 0 };

/** The size that bounds the cost of the prompt's answer. */
export function sizeOf(prompt: Prompt): ResponseSize {
  const { settings, about, history, text, parts, attachments, tools, decided } = prompt;
  const output = decided === undefined ? NO_OUTPUT : outputSizeOf(1);
  const partTexts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  return {
    context: { ...prompt.context, text: prompt.context.text + output.bytes },
    texts: [settings.instructions, about, history, text, decided?.approval.argumentsText, ...partTexts],
    audioMs: attachments.audioMs,
    pictures: parts.filter(({ kind }) => kind === 'image').length + output.pictures,
    toolBytes: tools.definitionBytes,
    maxOutputTokens: settings.maxOutputTokens,
  };
}
