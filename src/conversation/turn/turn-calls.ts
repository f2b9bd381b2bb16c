import type { Messages } from '../../messages/messages.ts';
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
import type { ReplySender } from '../reply.ts';
import { MAX_PICTURES, readToolPictures } from './read-tool-pictures.ts';
import type { Turn } from './turn.ts';
import { approvalPolicy, auditEntry, claimDecidedCall, type TurnDecision } from './turn-approvals.ts';

/** A turn may call at most this many functions, over all of its responses. */
const MAX_CALLS = 16;

/** The most that the outputs of `callCount` calls of one response add to the session. */
export function outputSizeOf(callCount: number): OutputSize {
  return { bytes: Math.min(callCount, MAX_CALLS) * MAX_OUTPUT_BYTES, pictures: MAX_PICTURES };
}

/** What people read while a tool works, in their language if the tool has it. It never holds arguments of the call. */
export function progressOf({ progress, title }: Tool, messages: Messages): string {
  return progress?.[messages.language] ?? progress?.['en'] ?? messages.toolWorking(title);
}

/** What the model may call in a turn, and what it has called. */
export class TurnCalls {
  /** The approvals that the turn asks for. */
  readonly requested: Approval[] = [];
  /** The results in the order of the calls. The decided call of the turn is the first. */
  readonly results: CallResult[] = [];
  readonly #set: ToolSet;
  readonly #sender: ReplySender;
  readonly #turn: Turn;
  readonly #judge: RunCallsDeps['judge'];
  #earlierCalls: Promise<readonly AuditEntry[]> | undefined;

  /** `sender` shows which tool works. */
  constructor(set: ToolSet, sender: ReplySender, turn: Turn) {
    this.#set = set;
    this.#sender = sender;
    this.#turn = turn;
    this.#judge = approvalPolicy(turn, this.requested);
  }

  get functions(): TurnFunctions {
    return { definitions: this.#set.definitions, run: (calls, signal) => this.#answer(calls, signal) };
  }

  /** Carries out a decision: runs the call, unless it was denied. Rejects like `functions.run`. */
  async runDecided(decided: TurnDecision): Promise<DecidedCall> {
    const { tool: name, argumentsText } = decided.approval;
    const { signal, services } = this.#turn;
    const appendAudit = this.#auditWriter(decided.decision.decider);
    const call = { callId: services.ids.wire('call'), name, argumentsText };
    const judge = (_: Tool, claimed: ToolCall) => claimDecidedCall(decided, claimed, appendAudit, this.#turn);
    const ended = await this.#run([call], judge, appendAudit, signal);
    const { outputs, parts } = await readToolPictures(ended, signal, this.#turn);
    return { name, argumentsText, output: outputs[0]?.output ?? '', parts };
  }

  async #answer(calls: readonly FunctionCall[], signal: AbortSignal): Promise<CallOutputs> {
    const ended = await this.#run(calls, this.#judge, this.#auditWriter(undefined), signal);
    const { outputs, parts } = await readToolPictures(ended, signal, this.#turn);
    return { outputs, parts, isWaiting: ended.every(({ end }) => end.kind === 'waiting') };
  }

  /** If the calls are interrupted, those that ran just then have an unknown end. */
  async #run(
    calls: readonly ToolCall[],
    judge: RunCallsDeps['judge'],
    appendAudit: RunCallsDeps['appendAudit'],
    signal: AbortSignal,
  ): Promise<readonly CallResult[]> {
    const { log, telemetry, message, messages, services } = this.#turn;
    const { locale, timeZone, verifiedIds = [] } = message;
    const running = new Map<ToolCall, Tool>();
    const ended: CallResult[] = [];
    const deps: RunCallsDeps = {
      tools: this.#set.tools,
      downServers: services.tools.downServers(verifiedIds, message.scope),
      // See `verifiedIds` of a message: an object id of Entra ID names the person to other systems, too.
      context: { now: services.clock.now(), locale, timeZone, log, userId: verifiedIds.at(-1) },
      clock: services.clock,
      judge: async (tool, call) => (await this.#findEarlierEnd(tool, call, ended)) ?? judge(tool, call),
      measure: async (tool, call, work) => {
        running.set(call, tool);
        this.#sender.showProgress(progressOf(tool, messages));
        const result = await telemetry.toolCall(tool.name, call.callId, work, errorCodeOf);
        running.delete(call);
        ended.push(result);
        return result;
      },
      appendAudit,
    };
    try {
      const results = await runCalls(calls, MAX_CALLS - this.results.length, deps, signal);
      for (const { tool, end, tookMs } of results)
        log.info({ tool: tool?.name, end: end.kind, code: errorCodeOf({ end }), tookMs }, 'tool called');
      this.results.push(...results);
      return results;
    } catch (reason) {
      this.results.push(...ended);
      for (const [call, tool] of running) if (!tool.isReadOnly) this.results.push(interrupted(call, tool));
      throw reason;
    }
  }

  /** How an earlier attempt at the turn ended the call; `unknown` also if it ended so in this attempt. */
  async #findEarlierEnd(
    tool: Tool,
    call: ToolCall,
    ended: readonly CallResult[],
  ): Promise<'doneBefore' | 'unknown' | undefined> {
    if (tool.isReadOnly) return undefined;
    const isSame = (each: CallResult) => each.tool === tool && argumentsHash(each.call) === argumentsHash(call);
    if ([...this.results, ...ended].some((each) => each.end.kind === 'unknown' && isSame(each))) return 'unknown';
    const { job, services } = this.#turn;
    // Read once, before this attempt records anything: a call that it repeats is not an earlier one.
    this.#earlierCalls ??= this.#turn.retryStore(() => services.audit.ofTurn(job.id));
    return earlierEnd(await this.#earlierCalls, tool, call);
  }

  /** Returns the function that writes the audit of these calls. */
  #auditWriter(decider: string | undefined): RunCallsDeps['appendAudit'] {
    const { audit } = this.#turn.services;
    return (tool, call, event) =>
      this.#turn.retryStore(() => audit.append(auditEntry(this.#turn, tool, call, event, decider)));
  }
}

/** The literal code of a call that did not do what it should. */
function errorCodeOf({ end }: Pick<CallResult, 'end'>): string | undefined {
  return end.kind === 'failed' ? end.code : end.kind === 'unknown' ? 'outcome_unknown' : undefined;
}
