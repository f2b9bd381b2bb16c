import type { Ids } from '../ids.ts';
import { outputEvents, outputItems, type RequestEvents } from './client-events.ts';
import type { RealtimeClientEvent } from './connection.ts';
import { laterResponseName, MAX_RESPONSES } from './function-calls.ts';
import { joinedResults, type ModelResult, type ResponseResult } from './model-result.ts';
import { completed, endedBy } from './outcome.ts';
import type { TurnInput } from './turn-input.ts';

const ONLY_CALLS = 'the model only returned function calls, which are not allowed here';

/** The part of a session that `answerCalls` uses. */
export interface CallingSession {
  runResponse(name: string, events: RequestEvents): Promise<ResponseResult>;
  send(events: readonly RealtimeClientEvent[]): void;
  /** Called for a session that holds calls without outputs: it cannot be used again. */
  close(): void;
}

/**
 * Runs the calls of a response and requests the next response, until the model has answered or the user has to approve
 * a call. Joins all responses into one answer. Never rejects.
 */
export async function answerCalls(
  first: ResponseResult,
  { turnId, functions, reserveAfterCalls }: TurnInput,
  session: CallingSession,
  ids: Ids,
  signal: AbortSignal,
): Promise<ModelResult> {
  let result = first;
  for (let response = 2; ; response++) {
    const { outcome } = result;
    if (outcome.kind !== 'calledTools') return { ...result, outcome };
    const { calls, text, pcm } = outcome;
    if (functions === undefined || response > MAX_RESPONSES) {
      session.close();
      return { ...result, outcome: completed(outcome, ONLY_CALLS) };
    }
    // Reserve before the calls run: without a further response their result could not be told.
    if ((await reserveAfterCalls?.(calls.length)) === false) {
      session.close();
      return { ...result, outcome: { kind: 'cutShort', text, pcm, why: 'budget' } };
    }
    try {
      const outputs = await functions.run(calls, signal);
      if (outputs.isWaiting) {
        session.send(outputItems(ids, outputs));
        return { ...result, outcome: { kind: 'needsApproval', text, pcm } };
      }
      const name = laterResponseName(turnId, response);
      const events = outputEvents(ids, name, outputs, response < MAX_RESPONSES ? 'auto' : 'none');
      result = joinedResults(result, await session.runResponse(name, events));
    } catch (reason) {
      session.close();
      return { ...result, outcome: endedBy(reason, outcome) };
    }
  }
}
