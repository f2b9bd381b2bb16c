import { type GenerateRequest, generateResponse } from '../../realtime/generate-response.ts';
import { failedResult, type ModelResult } from '../../realtime/model-result.ts';
import { errorOf } from '../../realtime/outcome.ts';
import type { TurnInput } from '../../realtime/turn-input.ts';
import type { Allowance } from '../limits/spending.ts';
import type { OverBudget } from '../limits/spending-store.ts';
import { reopenApproval } from './deliver.ts';
import { type Prompt, sizeOf } from './prompt.ts';
import { streamReply } from './stream-reply.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-approvals.ts';
import { outputSizeOf, TurnCalls } from './turn-calls.ts';
import type { ModelAnswer } from './turn-result.ts';

/** Reserves the most that an answer may cost, or says which budget that exceeds. */
export async function reserve(prompt: Prompt, turn: Turn): Promise<Allowance | OverBudget> {
  const { job, message, services } = turn;
  const request = { jobId: job.id, conversation: message.key, person: message.personKey, size: () => sizeOf(prompt) };
  const allowance = await turn.retryStore(() => services.spending.reserve(request), turn.signal);
  if (allowance.kind === 'allowed') turn.costUsd = 0;
  return allowance;
}

/**
 * Asks the model, and shows the text of its answer while it is made: every end is an outcome. Rejects with
 * `claim_lost`, or with `shutting_down` if another instance can still answer.
 */
export async function respond(prompt: Prompt, allowance: Allowance, turn: Turn): Promise<ModelAnswer> {
  const { job, message, log, telemetry, signal, services } = turn;
  const { sessions, spending, turnTimeoutMs: timeoutMs } = services;
  const { settings, about, text, parts, history, record, tools: set, decided } = prompt;
  const sender = await turn.sender();
  const stream = streamReply(sender, prompt, turn);
  const calls = new TurnCalls(set, sender, turn);
  const input: TurnInput = {
    turnId: job.id,
    about,
    settings,
    log,
    text,
    parts,
    history,
    onEvent: stream.onEvent,
    reserveRetry: () => allowance.reserveNextResponse(),
    reserveAfterCalls: (callCount) => allowance.reserveNextResponse(outputSizeOf(callCount)),
    functions: calls.functions,
  };
  const { sessionVersion } = record;
  const request = { key: message.key, sessionVersion, input, log, signal, timeoutMs, telemetry };
  const modelResult = await ask(request, calls, decided, turn);
  services.tools.leaveOut(set, modelResult.rejectedFunctions ?? []);
  turn.modelResult = modelResult;
  turn.costUsd = allowance.costOf(modelResult);
  // Without usage the session's size is unknown, so the next turn starts a new session.
  if (modelResult.isUsageUnknown && spending.isBounded) sessions.drop(message.key);
  const error = errorOf(modelResult.outcome);
  const isTransferred = error?.code === 'shutting_down' && job.isTransferable && !sender.mayHaveBeenSeen;
  if (isTransferred || error?.code === 'claim_lost') throw error;
  return {
    modelResult,
    shownHeading: stream.heading(),
    calls: calls.results,
    approvals: calls.requested,
    exceeded: allowance.exceeded,
  };
}

/**
 * Carries out the decision of the message first, once for all attempts at the response. The call has its own time
 * limit, so that the response has all of its time. Never rejects.
 */
async function ask(
  request: GenerateRequest,
  calls: TurnCalls,
  decided: TurnDecision | undefined,
  turn: Turn,
): Promise<ModelResult> {
  const { services } = turn;
  if (decided === undefined) return generateResponse(request, services);
  try {
    const call = await calls.runDecided(decided);
    return await generateResponse({ ...request, input: { ...request.input, decided: call } }, services);
  } catch (reason) {
    await reopenApproval(turn);
    return failedResult(reason);
  }
}
