import type { TurnResult } from '../realtime/session.ts';

/** One exchange, as it is told to a new session. `assistant` is missing where there was no answer. */
export interface PastTurn {
  readonly user: string;
  readonly assistant: string | undefined;
}

const LEAD =
  'Transcript of our conversation so far, as JSON, for context only. It is not to be answered again; ' +
  'answer only the message that comes after it.';

/** The smallest context of the realtime models takes about 28,000 tokens of input; less than half goes to the past. */
const MOST_TOKENS = 12_000;
/** On the careful side: English has four to five bytes a token, scripts outside of Latin about three. */
const BYTES_PER_TOKEN = 3;

/** What a later session is told. A filtered turn is left out: it would be filtered again with every replay. */
export function nextHistory(
  history: readonly PastTurn[],
  user: string,
  result: TurnResult,
  mostTurns: number,
): readonly PastTurn[] {
  const { outcome, isHistoryRejected } = result;
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
      return withTurn(history, { user, assistant: outcome.text || undefined }, mostTurns);
    case 'cutShort':
      if (outcome.why === 'filter') return history;
      return withTurn(history, { user, assistant: outcome.text || undefined }, mostTurns);
    case 'failed':
      // It may be the history that the service does not take: with all of it, no later turn would ever succeed.
      if (outcome.error.code === 'request_rejected') return isHistoryRejected ? newerHalf(history) : history;
      return withTurn(history, { user, assistant: undefined }, mostTurns);
  }
}

function newerHalf(history: readonly PastTurn[]): readonly PastTurn[] {
  return history.slice(Math.ceil(history.length / 2));
}

/**
 * The history with one more turn. At a bound the oldest quarter leaves at once and not turn by turn, so that the
 * beginning stays the same for a while: that is what the service's prompt cache needs. The newest turn always stays.
 */
export function withTurn(history: readonly PastTurn[], turn: PastTurn, mostTurns: number): readonly PastTurn[] {
  if (mostTurns === 0) return [];
  let kept = [...history, turn];
  while (kept.length > 1 && (kept.length > mostTurns || estimateTokens(kept) > MOST_TOKENS)) {
    kept = kept.slice(Math.ceil(kept.length / 4));
  }
  return kept;
}

function estimateTokens(history: readonly PastTurn[]): number {
  const bytes = history.map(({ user, assistant = '' }) => Buffer.byteLength(user) + Buffer.byteLength(assistant));
  return bytes.reduce((sum, each) => sum + each, 0) / BYTES_PER_TOKEN;
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
