import type { SessionSettings } from '../../config/config.ts';
import { paragraphs } from '../../paragraphs.ts';
import type { ResponseSize } from '../../prices.ts';
import type { ContentPart } from '../../realtime/content.ts';
import type { ToolSet } from '../../tools/tools.ts';
import { historyText } from '../history/history.ts';
import type { ConversationRecord, ConversationUsage } from '../records.ts';
import { NO_CONTEXT } from '../records.ts';
import type { Services } from '../services.ts';
import { aboutPeople, itemText } from '../speakers.ts';
import type { UserMessage } from '../user-message.ts';
import type { ReadAttachments } from './read-attachments.ts';
import { outputSizeOf } from './turn-calls.ts';
import type { TurnDecision } from './turn-decision.ts';

export interface Prompt {
  readonly settings: SessionSettings;
  /** Facts about the people who write, for a new session. */
  readonly about: string | undefined;
  /** The text of the message's item, and what comes along with it. */
  readonly text: string;
  readonly parts: readonly ContentPart[];
  /** The transcript so far, for a new session. */
  readonly history: string | undefined;
  readonly audioMs: number;
  /** A warm session has to have this version. */
  readonly sessionVersion: string | undefined;
  /** What that session holds already. */
  readonly context: ConversationUsage['context'];
  /** The tools that the model may call. */
  readonly tools: ToolSet;
  /** The call that the message decides about, which takes the place of its text. */
  readonly decided: TurnDecision | undefined;
}

export function toPrompt(
  message: UserMessage,
  attachments: ReadAttachments,
  record: ConversationRecord,
  tools: ToolSet,
  decided: TurnDecision | undefined,
  { settings, sessions }: Services,
): Prompt {
  const { before, after, modelWarnings, audioMs } = attachments;
  return {
    settings: { ...settings, ...record.settings },
    about: aboutPeople(message),
    text: paragraphs(...before, itemText(message)),
    parts: [...after, ...modelWarnings.map((text) => ({ kind: 'text', text }) as const)],
    history: historyText(record.history),
    audioMs,
    sessionVersion: record.sessionVersion,
    context: sessions.isWarm(message.key, record.sessionVersion) ? record.usage.context : NO_CONTEXT,
    tools,
    decided,
  };
}

/** Whether there is nothing that a model could be asked. */
export function isEmpty({ text, approvalId }: UserMessage, { before, after }: ReadAttachments): boolean {
  return text === '' && approvalId === undefined && before.length === 0 && after.length === 0;
}

const NO_OUTPUT = { bytes: 0, pictures: 0 };

/** The size that bounds the cost of the prompt's answer. */
export function sizeOf(prompt: Prompt): ResponseSize {
  const { settings, about, history, text, parts, audioMs, tools, decided } = prompt;
  const output = decided === undefined ? NO_OUTPUT : outputSizeOf(1);
  const pictures = parts.filter(({ kind }) => kind === 'image').length + output.pictures;
  const context = { text: prompt.context.text + output.bytes, audio: prompt.context.audio };
  const partTexts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const texts = [settings.instructions, about, history, text, decided?.approval.argumentsText, ...partTexts];
  const { maxOutputTokens } = settings;
  return { context, texts, audioMs, pictures, toolBytes: tools.definitionBytes, maxOutputTokens };
}
