import { isRecord } from './events.ts';
import { type CallOutputItem, type Item, type MessageItem, textOf } from './items.ts';
import type { HistoryLine, ResponderContext, ToolResult } from './responder.ts';
import type { ResponseRequest } from './response-request.ts';
import { callableTools } from './tools.ts';
import { parseUserText } from './user-text.ts';

/** The newest user message of a conversation, the history before it, and the tool results that a response uses. */
export function responderContext(
  items: readonly Item[],
  { instructions, tools, toolChoice }: ResponseRequest,
  sessionId: string,
): ResponderContext {
  const toolResults = newestToolResults(items);
  const lastUserEnd = items.findLastIndex(isOfUser) + 1;
  const message = newestMessage(items.slice(0, lastUserEnd), toolResults.length > 0);
  // Without any user item, everything is history.
  const upToMessage = lastUserEnd === 0 ? items : items.slice(0, lastUserEnd);
  const history = upToMessage.filter((item) => !message.some((part) => part === item));
  const texts = message.map((item) => parseUserText(textOf(item)));
  const parts = message.flatMap((item, at) => [...(item.inputs ?? []), ...(texts[at]?.files ?? [])]);
  // Tool results at the end: the message before them led to the calls, and its parts were already described.
  const wasDescribed = toolResults.length > 0 && lastUserEnd < items.length;
  const inputs = wasDescribed ? [] : parts;
  return {
    history: history.flatMap(linesOf),
    text: texts.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n'),
    clips: inputs.flatMap((part) => (part.kind === 'clip' ? part.clip : [])),
    inputs,
    tools: callableTools(tools, toolChoice),
    toolResults,
    instructions,
    sessionId,
  };
}

/**
 * All user items since the last answer or call: each clip of the input audio buffer is an item of its own. A transcript
 * replayed at the start of the conversation is not part of the message after it. If it is the only user item, it counts
 * as the message, except before tool results.
 */
function newestMessage(items: readonly Item[], hasToolResults: boolean): readonly MessageItem[] {
  const lastAnswer = items.findLastIndex((item) => item.type !== 'message' || item.role === 'assistant');
  const message = items.slice(lastAnswer + 1).filter(isOfUser);
  const [first, ...rest] = message;
  const isReplayed = first !== undefined && first === items[0] && replayedLines(textOf(first)) !== undefined;
  return isReplayed && (rest.length > 0 || hasToolResults) ? rest : message;
}

/**
 * The tool results at the end of the conversation. The pictures of tools may follow them, as a user item of their own.
 */
function newestToolResults(items: readonly Item[]): readonly ToolResult[] {
  const end = items.findLastIndex((item) => !hasOnlyPictures(item)) + 1;
  const start = items.slice(0, end).findLastIndex(({ type }) => type !== 'function_call_output') + 1;
  return items
    .slice(start, end)
    .flatMap((item) => (item.type === 'function_call_output' ? [toolResult(item, items)] : []));
}

/** The name is empty if the call was deleted. */
function toolResult({ callId, output }: CallOutputItem, items: readonly Item[]): ToolResult {
  const call = items.findLast((item) => item.type === 'function_call' && item.callId === callId);
  return { callId, name: call?.type === 'function_call' ? call.name : '', output };
}

function isOfUser(item: Item): item is MessageItem {
  return item.type === 'message' && item.role === 'user';
}

function hasOnlyPictures(item: Item): boolean {
  return isOfUser(item) && item.content.every(({ type }) => type === 'input_image');
}

function linesOf(item: Item): readonly HistoryLine[] {
  const text = textOf(item);
  switch (item.type) {
    case 'message':
      return (
        (item.role === 'user' ? replayedLines(text) : undefined) ?? [
          { role: item.role, text: parseUserText(text).text },
        ]
      );
    case 'function_call':
      return [{ role: 'call', text }];
    case 'function_call_output':
      return [{ role: 'output', text }];
  }
}

/** How many lines that begin with a bracket are parsed: the lead sentence may have some. */
const MAX_TRIES = 10;

/**
 * The messages of a transcript that a client replays into a new session as one user item. After a lead sentence comes a
 * JSON array of `{ "role": "user" | "assistant" | "tool", "text": "…" }`, from a line that begins with `[` to the end
 * of the text.
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
  const lines = parsed.flatMap(lineOf);
  return lines.length === parsed.length ? lines : undefined;
}

const ROLES = { user: 'user', assistant: 'assistant', tool: 'output' } as const;

function lineOf(value: unknown): readonly HistoryLine[] {
  const { role, text } = isRecord(value) ? value : {};
  const isKnown = role === 'user' || role === 'assistant' || role === 'tool';
  return isKnown && typeof text === 'string' ? [{ role: ROLES[role], text }] : [];
}
