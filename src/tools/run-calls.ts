import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import type { AuditEntry, AuditEvent } from './audit.ts';
import { errorText, outputText, parseArguments } from './call-text.ts';
import type { CallContext, Tool, ToolOutput } from './tool.ts';
import { argumentsHash, type CallEnd, type CallResult, type ToolCall } from './tool-call.ts';
import { ToolError } from './tool-error.ts';

/** The decision about a call before it runs: `run`, or how it ends without running. */
export type Verdict = 'run' | 'waiting' | 'denied' | 'doneBefore' | 'unknown';

export interface RunCallsDeps {
  /** The tools that this person may use here, by name. */
  readonly tools: ReadonlyMap<string, Tool>;
  /** The servers of this person's tools that cannot be reached, by name. */
  readonly downServers: readonly string[];
  readonly context: Omit<CallContext, 'signal'>;
  readonly clock: Clock;
  /** Decides by remembered permissions and by the audit of an earlier attempt. */
  readonly judge: (tool: Tool, call: ToolCall) => Promise<Verdict>;
  /** Runs a call and measures it. */
  readonly measure: (tool: Tool, call: ToolCall, work: () => Promise<CallResult>) => Promise<CallResult>;
  /** Called before and after a call that changes something. */
  readonly appendAudit: (tool: Tool, call: ToolCall, event: AuditEvent) => Promise<void>;
}

const NOT_AGAIN = 'Do not call it again; tell the user to check.';
/** The outputs of calls that end without running. */
const NOT_RUN = {
  waiting: JSON.stringify({ status: "waiting for the user's approval, not done" }),
  denied: JSON.stringify({ status: 'denied by the user, not done' }),
  doneBefore: JSON.stringify({ status: 'done already, before a restart; do not call it again' }),
  unknown: errorText(`It is not known whether an earlier call has done this. ${NOT_AGAIN}`),
  tooMany: errorText('There were too many calls for one answer. Answer with what you have.'),
};

/**
 * Runs the calls of one response: read-only calls in parallel, the others one after another. Every call gets a result.
 * `left` is the number of calls that may still run in this turn. Rejects with the reason of `signal`, and with a
 * StoreError if the audit cannot be written: an unrecorded call is never begun. After a rejection the turn has failed,
 * so no other call begins. A call that already runs is not awaited, and only `signal` cancels it.
 */
export async function runCalls(
  calls: readonly ToolCall[],
  left: number,
  deps: RunCallsDeps,
  signal: AbortSignal,
): Promise<CallResult[]> {
  const failed = new AbortController();
  const judge: RunCallsDeps['judge'] = async (tool, call) => {
    const verdict = await deps.judge(tool, call);
    failed.signal.throwIfAborted();
    return verdict;
  };
  let previous: Promise<unknown> = Promise.resolve();
  const results = calls.map((call, at) => {
    const tool = deps.tools.get(call.name);
    if (at >= left) return endedAs(call, tool, { kind: 'tooMany' }, NOT_RUN.tooMany);
    if (tool === undefined) return unknownTool(call, deps);
    const run = () => runCall(call, tool, { ...deps, judge }, signal);
    if (tool.isReadOnly) return run();
    const result = previous.then(run);
    previous = result;
    return result;
  });
  try {
    return await Promise.all(results);
  } catch (reason) {
    failed.abort(reason);
    throw reason;
  }
}

function unknownTool(call: ToolCall, { tools, downServers }: RunCallsDeps): CallResult {
  const names = [...tools.keys()].slice(0, 20).join(', ');
  const down =
    downServers.length === 0 ? '' : ` Servers that cannot be reached at the moment: ${downServers.join(', ')}.`;
  const output = errorText(`There is no tool ${JSON.stringify(call.name.slice(0, 64))}.${down} There are: ${names}`);
  return endedAs(call, undefined, { kind: 'failed', code: 'tool_unknown' }, output);
}

async function runCall(call: ToolCall, tool: Tool, deps: RunCallsDeps, signal: AbortSignal): Promise<CallResult> {
  signal.throwIfAborted();
  const malformed = malformedArguments(call, tool);
  if (malformed !== undefined) {
    const end = { kind: 'failed', code: malformed.code } as const;
    return deps.measure(tool, call, async () => endedAs(call, tool, end, errorText(malformed.message)));
  }
  const verdict = await deps.judge(tool, call);
  // The store may have been slow: what was stopped meanwhile surely never began.
  signal.throwIfAborted();
  if (verdict !== 'run') return endedAs(call, tool, { kind: verdict }, NOT_RUN[verdict]);
  return deps.measure(tool, call, () => (tool.isReadOnly ? runOnce : runAudited)(call, tool, deps, signal));
}

/** Nobody is asked about a call that cannot run. */
function malformedArguments({ argumentsText }: ToolCall, tool: Tool): ToolError | undefined {
  try {
    const args = parseArguments(argumentsText);
    tool.check?.(args);
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}

async function runAudited(call: ToolCall, tool: Tool, deps: RunCallsDeps, signal: AbortSignal): Promise<CallResult> {
  await deps.appendAudit(tool, call, 'began');
  const result = await runOnce(call, tool, deps, signal).catch(async (error: unknown) => {
    // The call was stopped in the middle, so it is unknown how far it came.
    await deps.appendAudit(tool, call, 'unknown');
    throw error;
  });
  const { end } = result;
  await deps.appendAudit(tool, call, end.kind === 'done' || end.kind === 'failed' ? end.kind : 'unknown');
  return result;
}

async function runOnce(call: ToolCall, tool: Tool, deps: RunCallsDeps, signal: AbortSignal): Promise<CallResult> {
  const startedMs = deps.clock.now();
  const tookMs = () => deps.clock.now() - startedMs;
  try {
    const { text, images, sources } = await runWithin(call, tool, deps, signal);
    return { call, tool, end: { kind: 'done' }, output: outputText(text), images, sources, tookMs: tookMs() };
  } catch (error) {
    signal.throwIfAborted();
    const failure = error instanceof ToolError ? error : unexpectedFailure(error, tool);
    if (failure !== error) deps.context.log.warn({ err: error, tool: tool.name }, 'tool failed');
    const isUnknown = failure.code === 'outcome_unknown' || (failure.code === 'tool_timeout' && !tool.isReadOnly);
    const end: CallEnd = isUnknown ? { kind: 'unknown' } : { kind: 'failed', code: failure.code };
    const advice = isUnknown && !tool.isReadOnly ? ` ${NOT_AGAIN}` : '';
    return { ...endedAs(call, tool, end, errorText(`${failure.message}${advice}`)), tookMs: tookMs() };
  }
}

/** The connection may have broken after the call was done, so only a call that changes nothing has surely failed. */
function unexpectedFailure(cause: unknown, { isReadOnly }: Tool): ToolError {
  if (isReadOnly) return new ToolError('tool_failed', 'It failed.', { cause });
  return new ToolError('outcome_unknown', 'It failed: it is not known whether it was done.', { cause });
}

/** Ends at the tool's time limit even if the tool ignores its signal. */
async function runWithin(call: ToolCall, tool: Tool, deps: RunCallsDeps, signal: AbortSignal): Promise<ToolOutput> {
  const args = parseArguments(call.argumentsText);
  const late = () => new ToolError('tool_timeout', `It gave no result within ${tool.timeoutMs / 1000} s.`);
  const deadline = { clock: deps.clock, limitMs: tool.timeoutMs, signal, late };
  return withDeadline(deadline, (limited) => tool.run(args, { ...deps.context, signal: limited }));
}

function endedAs(call: ToolCall, tool: Tool | undefined, end: CallEnd, output: string): CallResult {
  return { call, tool, end, output, images: [], sources: [], tookMs: 0 };
}

/** The result of a call that was stopped in the middle. */
export function interrupted(call: ToolCall, tool: Tool): CallResult {
  return endedAs(call, tool, { kind: 'unknown' }, errorText('It was stopped: it is not known whether it was done.'));
}

/**
 * Returns how an earlier attempt ended the same call; `undefined` if it may run, because no attempt began it, or it
 * failed. `unknown` also if a call of this tool with other arguments was interrupted.
 */
export function earlierEnd(
  entries: readonly Pick<AuditEntry, 'event' | 'tool' | 'argumentsHash'>[],
  tool: Pick<Tool, 'name'>,
  call: Pick<ToolCall, 'argumentsText'>,
): 'doneBefore' | 'unknown' | undefined {
  const hash = argumentsHash(call);
  const ends = new Map<string, AuditEvent>();
  for (const { tool: name, argumentsHash: args, event } of entries) if (name === tool.name) ends.set(args, event);
  const last = ends.get(hash);
  if (last === 'done') return 'doneBefore';
  // The model may write the arguments of the interrupted call in other words this time.
  const isInterrupted = [...ends.values()].includes('began');
  return isInterrupted || last === 'unknown' ? 'unknown' : undefined;
}
