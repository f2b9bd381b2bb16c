import { messagesFor } from '../../messages/messages.ts';
import type { OutputSize } from '../../prices.ts';
import type { CallOutputs, DecidedCall, TurnFunctions } from '../../realtime/function-calls.ts';
import type { FunctionCall } from '../../realtime/server-event.ts';
import type { AuditEntry } from '../../tools/audit.ts';
import { MAX_OUTPUT_BYTES } from '../../tools/call-text.ts';
import { earlierEnd, interrupted, type RunCallsDeps, runCalls } from '../../tools/run-calls.ts';
import type { Tool } from '../../tools/tool.ts';
import { argumentsHash, type CallResult, type ToolCall } from '../../tools/tool-call.ts';
import type { ToolSet } from '../../tools/tools.ts';
import type { ApprovalRequest } from '../approvals/approval.ts';
import type { Services } from '../services.ts';
import { carryOut } from './carry-out.ts';
import type { DecidedApproval } from './find-decided.ts';
import { MAX_PICTURES, readToolPictures } from './read-tool-pictures.ts';
import { turnApprovals } from './request-approvals.ts';
import type { Turn } from './turn.ts';

/** A turn may call so many functions, over all of its responses. */
const MAX_CALLS = 16;

/** What the model may call in a turn, and what it has called. */
export interface TurnTools {
  readonly functions: TurnFunctions;
  /** The results stand in the order in which the calls ended. */
  readonly results: readonly CallResult[];
  /** The approvals that the turn asks for. */
  readonly approvals: readonly ApprovalRequest[];
  /** Carries out a decision: runs the call, unless it was denied. Rejects like `functions.run`. */
  readonly runDecided: (decided: DecidedApproval) => Promise<DecidedCall>;
}

/** The most that the outputs of so many calls of one response add to the session. */
export function outputSizeOf(callCount: number): OutputSize {
  return { bytes: Math.min(callCount, MAX_CALLS) * MAX_OUTPUT_BYTES, pictures: MAX_PICTURES };
}

/** What people read while a tool works, in their language. Never what the model passes. */
export function progressOf({ progress, title }: Tool, locale: string | undefined): string {
  const messages = messagesFor(locale);
  return progress?.[messages.language] ?? messages.toolWorking(title);
}

/** Runs the calls of one turn. `onCall` is called before each one that runs. */
export function turnTools(set: ToolSet, onCall: (tool: Tool) => void, turn: Turn, services: Services): TurnTools {
  const results: CallResult[] = [];
  const record = recordOf(turn, services, undefined);
  const approvals = turnApprovals(turn, record, services);
  const earlier = earlierEnds(turn, services);
  const judge = async (tool: Tool, call: ToolCall) => (await earlier(tool, call)) ?? approvals.judge(tool, call);
  const deps = depsOf(set, onCall, judge, record, turn, services);
  const log = ({ tool, end, tookMs }: CallResult) =>
    turn.log.info({ tool: tool?.name, end: end.kind, tookMs }, 'tool called');
  const run = async (calls: readonly FunctionCall[], signal: AbortSignal): Promise<CallOutputs> => {
    const ended = await runCalls(calls, MAX_CALLS - results.length, deps, signal);
    for (const result of ended) log(result);
    results.push(...ended);
    const { outputs, parts } = await readToolPictures(ended, signal, turn, services);
    return {
      outputs,
      parts,
      isWaiting: ended.every(({ end }) => end.kind === 'waiting'),
    };
  };
  const runDecided = async (decided: DecidedApproval): Promise<DecidedCall> => {
    const { id, tool: name, argumentsText } = decided.approval;
    const recordDecided = recordOf(turn, services, decided.decision.decider);
    const judgeDecided = async (tool: Tool, call: ToolCall) =>
      (await earlier(tool, call)) ?? carryOut(decided, call, recordDecided, turn, services);
    const call = { callId: id, name, argumentsText };
    let begun: Tool | undefined;
    const onBegin = (tool: Tool) => {
      begun = tool;
      onCall(tool);
    };
    const decidedDeps = depsOf(set, onBegin, judgeDecided, recordDecided, turn, services);
    const ended = await runCalls([call], 1, decidedDeps, turn.signal).catch((reason: unknown) => {
      if (begun !== undefined) results.push(interrupted(call, begun));
      throw reason;
    });
    for (const result of ended) log(result);
    results.push(...ended);
    const { outputs, parts } = await readToolPictures(ended, turn.signal, turn, services);
    return { name, argumentsText, output: outputs[0]?.output ?? '', parts };
  };
  return {
    functions: { definitions: set.definitions, run },
    results,
    approvals: approvals.requested,
    runDecided,
  };
}

function depsOf(
  { tools }: ToolSet,
  onCall: (tool: Tool) => void,
  judge: RunCallsDeps['judge'],
  record: RunCallsDeps['record'],
  turn: Turn,
  { clock }: Services,
): RunCallsDeps {
  const { message, log } = turn;
  return {
    tools,
    context: {
      now: clock.now(),
      locale: message.locale,
      timeZone: message.timeZone,
      log,
      userId: message.verifiedIds?.at(-1),
    },
    clock,
    measure(tool, { callId }, work) {
      onCall(tool);
      return turn.telemetry.toolCall(tool.name, callId, work, errorOf);
    },
    judge,
    record,
  };
}

/** Returns how an earlier attempt at the turn ended a call. A call may be made twice in one attempt. */
function earlierEnds(turn: Turn, { audit }: Services) {
  let earlier: Promise<readonly AuditEntry[]> | undefined;
  return async (tool: Tool, call: ToolCall): Promise<'doneBefore' | 'unknown' | undefined> => {
    if (tool.isReadOnly) return undefined;
    // Read once, before this attempt records anything.
    earlier ??= turn.retryStore(() => audit.ofTurn(turn.job.id));
    return earlierEnd(await earlier, tool, call);
  };
}

/** Writes the audit of the turn. */
function recordOf(turn: Turn, { audit, clock }: Services, decider: string | undefined): RunCallsDeps['record'] {
  const { job, message } = turn;
  const names = { turnId: job.id, conversation: message.key, asker: message.personKey, decider };
  return (tool, call, event) =>
    turn.retryStore(() => audit.append({ ...names, ...entryOf(tool, call), atMs: clock.now(), event }));
}

function entryOf({ name, origin }: Tool, call: ToolCall) {
  return { tool: name, origin, argumentsHash: argumentsHash(call) };
}

/** The literal code of a call that did not do what it should. */
function errorOf({ end }: CallResult): string | undefined {
  return end.kind === 'failed' ? end.code : end.kind === 'unknown' ? 'outcome_unknown' : undefined;
}
