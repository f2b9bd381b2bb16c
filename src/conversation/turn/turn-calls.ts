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
import type { Approval } from '../approvals/approval.ts';
import type { Services } from '../services.ts';
import { MAX_PICTURES, readToolPictures } from './read-tool-pictures.ts';
import { type TurnApprovals, turnApprovals } from './request-approvals.ts';
import type { Turn } from './turn.ts';
import type { TurnDecision } from './turn-decision.ts';
import { claimDecidedCall } from './turn-decision.ts';

/** A turn may call at most this many functions, over all of its responses. */
const MAX_CALLS = 16;

/** The most that the outputs of `callCount` calls of one response add to the session. */
export function outputSizeOf(callCount: number): OutputSize {
  return { bytes: Math.min(callCount, MAX_CALLS) * MAX_OUTPUT_BYTES, pictures: MAX_PICTURES };
}

/** What people read while a tool works, in their language. Never what the model passes. */
export function progressOf({ progress, title }: Tool, locale: string | undefined): string {
  const messages = messagesFor(locale);
  return progress?.[messages.language] ?? messages.toolWorking(title);
}

/** What the model may call in a turn, and what it has called. */
export class TurnCalls {
  readonly #set: ToolSet;
  readonly #onCall: (tool: Tool) => void;
  readonly #turn: Turn;
  readonly #services: Services;
  readonly #earlier: EarlierEnds;
  readonly #approvals: TurnApprovals;
  readonly #results: CallResult[] = [];

  /** `onCall` is called before each call that runs. */
  constructor(set: ToolSet, onCall: (tool: Tool) => void, turn: Turn, services: Services) {
    this.#set = set;
    this.#onCall = onCall;
    this.#turn = turn;
    this.#services = services;
    this.#earlier = earlierEnds(turn, services);
    this.#approvals = turnApprovals(turn, services);
  }

  get functions(): TurnFunctions {
    return { definitions: this.#set.definitions, run: (calls, signal) => this.#answer(calls, signal) };
  }

  /** The results in the order in which the calls ended. */
  get results(): readonly CallResult[] {
    return this.#results;
  }

  /** The approvals that the turn asks for. */
  get requested(): readonly Approval[] {
    return this.#approvals.requested;
  }

  /** Carries out a decision: runs the call, unless it was denied. Rejects like `functions.run`. */
  async runDecided(decided: TurnDecision): Promise<DecidedCall> {
    const { tool: name, argumentsText } = decided.approval;
    const { signal } = this.#turn;
    const record = recordOf(this.#turn, this.#services, decided.decision.decider);
    const judge = (call: ToolCall) => claimDecidedCall(decided, call, record, this.#turn, this.#services);
    const decidedCall = { callId: this.#services.ids.wire('call'), name, argumentsText };
    const ended = await this.#run([decidedCall], (_, call) => judge(call), record, signal);
    const { outputs, parts } = await readToolPictures(ended, signal, this.#turn, this.#services);
    return { name, argumentsText, output: outputs[0]?.output ?? '', parts };
  }

  async #answer(calls: readonly FunctionCall[], signal: AbortSignal): Promise<CallOutputs> {
    const record = recordOf(this.#turn, this.#services, undefined);
    const ended = await this.#run(calls, (tool, call) => this.#approvals.judge(tool, call), record, signal);
    const { outputs, parts } = await readToolPictures(ended, signal, this.#turn, this.#services);
    return { outputs, parts, isWaiting: ended.every(({ end }) => end.kind === 'waiting') };
  }

  /** If the calls are interrupted, those that had begun have an unknown end. */
  async #run(
    calls: readonly ToolCall[],
    judge: RunCallsDeps['judge'],
    record: RunCallsDeps['record'],
    signal: AbortSignal,
  ): Promise<readonly CallResult[]> {
    const { log, telemetry, message } = this.#turn;
    const begun = new Map<ToolCall, Tool>();
    const deps: RunCallsDeps = {
      tools: this.#set.tools,
      downServers: this.#services.tools.downServers(message.verifiedIds ?? [], message.scope),
      context: contextOf(this.#turn, this.#services),
      clock: this.#services.clock,
      judge: async (tool, call) => (await this.#earlier(tool, call)) ?? judge(tool, call),
      measure: (tool, call, work) => {
        begun.set(call, tool);
        this.#onCall(tool);
        return telemetry.toolCall(tool.name, call.callId, work, errorOf);
      },
      record,
    };
    try {
      const ended = await runCalls(calls, MAX_CALLS - this.#results.length, deps, signal);
      for (const result of ended)
        log.info(
          { tool: result.tool?.name, end: result.end.kind, code: errorOf(result), tookMs: result.tookMs },
          'tool called',
        );
      this.#results.push(...ended);
      return ended;
    } catch (reason) {
      for (const [call, tool] of begun) if (!tool.isReadOnly) this.#results.push(interrupted(call, tool));
      throw reason;
    }
  }
}

function contextOf({ message, log }: Turn, { clock }: Services): RunCallsDeps['context'] {
  const { locale, timeZone, verifiedIds } = message;
  // The last id is the Entra object id where there is one: it names the person to other systems, too.
  return { now: clock.now(), locale, timeZone, log, userId: verifiedIds?.at(-1) };
}

type EarlierEnds = (tool: Tool, call: ToolCall) => Promise<'doneBefore' | 'unknown' | undefined>;

/** Returns how an earlier attempt at the turn ended a call. A call may be made twice in one attempt. */
function earlierEnds(turn: Turn, { audit }: Services): EarlierEnds {
  let earlier: Promise<readonly AuditEntry[]> | undefined;
  return async (tool, call) => {
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
