import { messagesFor } from '../../messages/messages.ts';
import type { OutputSize } from '../../prices.ts';
import type { CallOutputs, TurnFunctions } from '../../realtime/function-calls.ts';
import type { FunctionCall } from '../../realtime/server-event.ts';
import type { AuditEntry } from '../../tools/audit.ts';
import { MAX_OUTPUT_BYTES } from '../../tools/call-text.ts';
import { earlierEnd, type RunCallsDeps, runCalls, type Verdict } from '../../tools/run-calls.ts';
import type { Tool } from '../../tools/tool.ts';
import { argumentsHash, type CallResult, type ToolCall } from '../../tools/tool-call.ts';
import type { ToolSet } from '../../tools/tools.ts';
import type { Services } from '../services.ts';
import { MAX_PICTURES, readToolPictures } from './read-tool-pictures.ts';
import type { Turn } from './turn.ts';

/** A turn may call so many functions, over all of its responses. */
const MAX_CALLS = 16;

/** What the model may call in a turn, and what it has called. */
export interface TurnTools {
  readonly functions: TurnFunctions;
  /** The results stand in the order in which the calls ended. */
  readonly results: readonly CallResult[];
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

/** Runs the calls of one turn. `onCall` is told of each one before it runs. */
export function turnTools(set: ToolSet, onCall: (tool: Tool) => void, turn: Turn, services: Services): TurnTools {
  const results: CallResult[] = [];
  const deps = depsOf(set, turn, services);
  const run = async (calls: readonly FunctionCall[], signal: AbortSignal): Promise<CallOutputs> => {
    const left = MAX_CALLS - results.length;
    for (const { name } of calls.slice(0, left)) {
      const tool = set.tools.get(name);
      if (tool !== undefined) onCall(tool);
    }
    const ended = await runCalls(calls, left, deps, signal);
    for (const { tool, end, tookMs } of ended)
      turn.log.info({ tool: tool?.name, end: end.kind, tookMs }, 'tool called');
    results.push(...ended);
    const { outputs, parts } = await readToolPictures(ended, signal, turn, services);
    return {
      outputs,
      parts,
      isWaiting: ended.every(({ end }) => end.kind === 'waiting'),
    };
  };
  return { functions: { definitions: set.definitions, run }, results };
}

function depsOf({ tools }: ToolSet, turn: Turn, { clock, audit }: Services): RunCallsDeps {
  const { job, message, log } = turn;
  // Read before this attempt records anything: a call may be made twice in one attempt.
  let earlier: Promise<readonly AuditEntry[]> | undefined;
  const names = { turnId: job.id, conversation: message.key, asker: message.personKey, decider: undefined };
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
    measure: ({ name }, { callId }, work) => turn.telemetry.toolCall(name, callId, work, errorOf),
    async judge(tool, call): Promise<Verdict> {
      if (!tool.isReadOnly) {
        earlier ??= turn.retryStore(() => audit.ofTurn(job.id));
        const end = earlierEnd(await earlier, tool, call);
        if (end !== undefined) return end;
      }
      return tool.approval === 'never' ? 'run' : 'ask';
    },
    record: (tool, call, event) =>
      turn.retryStore(() => audit.append({ ...names, ...entryOf(tool, call), atMs: clock.now(), event })),
  };
}

function entryOf({ name, origin }: Tool, call: ToolCall) {
  return { tool: name, origin, argumentsHash: argumentsHash(call) };
}

/** The literal code of a call that did not do what it should. */
function errorOf({ end }: CallResult): string | undefined {
  return end.kind === 'failed' ? end.code : end.kind === 'unknown' ? 'outcome_unknown' : undefined;
}
