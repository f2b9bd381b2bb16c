import { isRecord } from './events.ts';
import { type Item, textOf } from './items.ts';
import type { HistoryLine, ResponderContext } from './responder.ts';
import { parseUserText } from './user-text.ts';

/** The newest user message of a conversation, and the history before it. */
export function responderContext(items: readonly Item[], instructions: string, sessionId: string): ResponderContext {
  const end = items.findLastIndex(({ role }) => role === 'user') + 1;
  const message = newestMessage(items.slice(0, end));
  const before = (end === 0 ? items : items.slice(0, end)).filter((item) => !message.includes(item));
  const texts = message.map((item) => parseUserText(textOf(item)));
  const inputs = message.flatMap((item, at) => [...(item.inputs ?? []), ...(texts[at]?.files ?? [])]);
  return {
    history: before.flatMap(linesOf),
    text: texts.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n'),
    clips: inputs.flatMap((part) => (part.kind === 'clip' ? part.clip : [])),
    inputs,
    instructions,
    sessionId,
  };
}

/**
 * All user items since the last answer: each clip of the input audio buffer is an item of its own. A transcript replayed
 * at the start of the conversation is not part of the message after it.
 */
function newestMessage(items: readonly Item[]): readonly Item[] {
  const lastAnswer = items.findLastIndex(({ role }) => role === 'assistant');
  const message = items.slice(lastAnswer + 1).filter(({ role }) => role === 'user');
  const [first, ...rest] = message;
  const isReplayed = first !== undefined && first === items[0] && replayedLines(textOf(first)) !== undefined;
  return isReplayed && rest.length > 0 ? rest : message;
}

function linesOf(item: Item): readonly HistoryLine[] {
  const text = textOf(item);
  const replayed = item.role === 'user' ? replayedLines(text) : undefined;
  return replayed ?? [{ role: item.role, text: parseUserText(text).text }];
}

/** How many lines that begin with a bracket are parsed: the lead sentence may have some. */
const MAX_TRIES = 10;

/**
 * The messages of a transcript that a client replays into a new session as one user item. After a lead sentence comes a
 * JSON array of `{ "role": "user" | "assistant", "text": "…" }`, from a line that begins with `[` to the end of the text.
 */
export function replayedLines(text: string): readonly HistoryLine[] | undefined {
  let tries = 0;
  for (const { index } of text.matchAll(/^\[/gm)) {
    if (++tries > MAX_TRIES) return undefined;
    const lines = parseLines(text.slice(index));
    if (lines !== undefined) return lines;
  }
  return undefined;
}

function parseLines(json: string): readonly HistoryLine[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return undefined;
  return parsed.every(isLine) ? parsed.map(({ role, text }) => ({ role, text })) : undefined;
}

function isLine(value: unknown): value is HistoryLine {
  if (!isRecord(value)) return false;
  return (value['role'] === 'user' || value['role'] === 'assistant') && typeof value['text'] === 'string';
}
