import type { Ids } from '../ids.ts';
import { outputEvents, outputItems, type TurnEvents } from './client-events.ts';
import type { RealtimeClientEvent } from './connection.ts';
import { laterResponse, MAX_RESPONSES, type TurnFunctions } from './function-calls.ts';
import { interruptedResult, joinedResults, overBudgetResult, waitingResult, withoutCalls } from './joined-results.ts';
import type { ModelResult, ResponseResult } from './model-result.ts';
import type { FunctionCall } from './server-event.ts';

/** A response that has ended, and the ids of its items in the model's memory. */
export interface AnsweredResponse {
  readonly result: ResponseResult;
  readonly itemIds: readonly string[];
  readonly calls: readonly FunctionCall[];
}

/** The part of a session that `answerCalls` uses. */
export interface CallingSession {
  runResponse(turnId: string, events: TurnEvents): Promise<AnsweredResponse>;
  send(events: readonly RealtimeClientEvent[]): void;
  /** Reserves the response that reads the outputs of `callCount` calls. False if it is over budget. */
  reserveNextResponse(callCount: number): Promise<boolean>;
  /** Called for a session that holds calls without outputs: it cannot be used again. */
  close(): void;
}

/**
 * Runs the calls of a response and requests the next response, until the model has answered or the user has to approve a
 * call. Joins all responses into one answer. Never rejects.
 */
export async function answerCalls(
  first: AnsweredResponse,
  turnId: string,
  functions: TurnFunctions | undefined,
  session: CallingSession,
  ids: Ids,
  signal: AbortSignal,
): Promise<ModelResult> {
  let answered = first;
  for (let response = 2; ; response++) {
    const { result, calls } = answered;
    const { outcome } = result;
    if (outcome.kind !== 'calledTools') return { ...result, outcome };
    if (functions === undefined || response > MAX_RESPONSES) {
      session.close();
      return withoutCalls(result);
    }
    // Reserve before the calls run: without a further response their result could not be told.
    if (!(await session.reserveNextResponse(calls.length))) {
      session.close();
      return overBudgetResult(result);
    }
    try {
      const outputs = await functions.run(calls, signal);
      if (outputs.isWaiting) {
        session.send(outputItems(ids, outputs));
        return waitingResult(result);
      }
      const events = outputEvents(ids, laterResponse(turnId, response), outputs, response === MAX_RESPONSES);
      const next = await session.runResponse(laterResponse(turnId, response), events);
      answered = { ...next, result: joinedResults(result, next.result) };
    } catch (reason) {
      session.close();
      return interruptedResult(result, reason);
    }
  }
}
