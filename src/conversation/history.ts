/** One exchange, as it is told to a new session. `assistant` is missing where there was no answer. */
export interface PastTurn {
  readonly user: string;
  readonly assistant: string | undefined;
}

const LEAD =
  'Transcript of our conversation so far, as JSON, for context only. It is not to be answered again; ' +
  'answer only the message that comes after it.';

/**
 * The history with one more turn. At the bound the oldest quarter leaves at once and not turn by turn, so that the
 * beginning stays the same for a while: that is what the service's prompt cache needs.
 */
export function withTurn(history: readonly PastTurn[], turn: PastTurn, mostTurns: number): readonly PastTurn[] {
  if (mostTurns === 0) return [];
  const grown = [...history, turn];
  return grown.length <= mostTurns ? grown : grown.slice(Math.max(1, Math.ceil(mostTurns / 4)));
}

/**
 * The history as the text of one user item. The turns stand in it as a JSON array on one line: whatever people wrote,
 * quotes and line breaks and invented roles, stays inside a JSON string.
 */
export function historyText(history: readonly PastTurn[]): string | undefined {
  if (history.length === 0) return undefined;
  const lines = history.flatMap(({ user, assistant }) => [
    { role: 'user', text: user },
    ...(assistant === undefined ? [] : [{ role: 'assistant', text: assistant }]),
  ]);
  return `${LEAD}\n${JSON.stringify(lines)}`;
}
