import { isRecord } from './events.ts';
import { type Item, textOf } from './items.ts';
import type { HistoryLine, ResponderContext } from './responder.ts';
import { readWritten } from './written.ts';

/** What the mind is asked: the newest user message, and everything said before it. */
export function responderContext(items: readonly Item[], instructions: string, sessionId: string): ResponderContext {
  const end = items.findLastIndex(({ role }) => role === 'user') + 1;
  const message = newestMessage(items.slice(0, end));
  const before = (end === 0 ? items : items.slice(0, end)).filter((item) => !message.includes(item));
  const written = message.map((item) => readWritten(textOf(item)));
  const inputs = message.flatMap((item, at) => [...(item.inputs ?? []), ...(written[at]?.files ?? [])]);
  return {
    history: before.flatMap(linesOf),
    text: written.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n'),
    clips: inputs.flatMap((part) => (part.kind === 'clip' ? part.clip : [])),
    inputs,
    instructions,
    sessionId,
  };
}

/**
 * All of the user since the last answer: a text, and each clip of the input audio buffer, are items of their own. A
 * transcript that is replayed at the start of the conversation is not part of what follows it.
 */
function newestMessage(items: readonly Item[]): readonly Item[] {
  const answered = items.findLastIndex(({ role }) => role === 'assistant');
  const message = items.slice(answered + 1).filter(({ role }) => role === 'user');
  const [first, ...rest] = message;
  const isReplayed = first !== undefined && first === items[0] && replayedLines(textOf(first)) !== undefined;
  return isReplayed && rest.length > 0 ? rest : message;
}

function linesOf(item: Item): readonly HistoryLine[] {
  const text = textOf(item);
  const replayed = item.role === 'user' ? replayedLines(text) : undefined;
  return replayed ?? [{ role: item.role, text: readWritten(text).text }];
}

/** A lead sentence may hold a few lines that begin with a bracket; more are not tried, whatever a client sends. */
const MAX_TRIES = 10;

/**
 * The lines of a transcript that a client replays into a new session as one user item: a lead, then, from a line that
 * begins with `[` to the end of the text, a JSON array of `{ "role": "user" | "assistant", "text": "…" }`.
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
