import { isRecord } from './events.ts';
import { type Item, textOf } from './items.ts';
import type { HistoryLine, MindContext } from './mind.ts';

/** What the mind is asked: the newest user message, and everything said before it. */
export function mindContext(items: readonly Item[], instructions: string, sessionId: string): MindContext {
  const newest = items.findLastIndex(({ role }) => role === 'user');
  const item = items[newest];
  const before = newest < 0 ? items : items.slice(0, newest);
  return {
    said: before.flatMap(linesOf),
    text: item === undefined ? '' : unquoted(textOf(item)),
    hasAudio: item?.content.some(({ type }) => type === 'input_audio') ?? false,
    instructions,
    sessionId,
  };
}

function linesOf(item: Item): readonly HistoryLine[] {
  const text = textOf(item);
  const replayed = item.role === 'user' ? replayedLines(text) : undefined;
  return replayed ?? [{ role: item.role, text: unquoted(text) }];
}

/** What somebody wrote, where a client of several people names and quotes them: `Ada wrote: "hello"`. */
function unquoted(text: string): string {
  const quoted = /^[^"\n]{1,100} wrote: (".*")$/.exec(text)?.[1];
  if (quoted === undefined) return text;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return text;
  }
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
