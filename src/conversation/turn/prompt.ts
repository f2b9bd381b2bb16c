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
}

export function toPrompt(
  message: UserMessage,
  attachments: ReadAttachments,
  record: ConversationRecord,
  tools: ToolSet,
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
  };
}

/** Whether there is nothing that a model could be asked. */
export function isEmpty({ text }: UserMessage, { before, after }: ReadAttachments): boolean {
  return text === '' && before.length === 0 && after.length === 0;
}

/** The size that bounds the cost of the prompt's answer. */
export function sizeOf(prompt: Prompt): ResponseSize {
  const { settings, about, history, text, parts, context, audioMs, tools } = prompt;
  const pictures = parts.filter(({ kind }) => kind === 'image').length;
  const partTexts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const texts = [settings.instructions, about, history, text, ...partTexts];
  const { maxOutputTokens } = settings;
  return { context, texts, audioMs, pictures, toolBytes: tools.definitionBytes, maxOutputTokens };
}
