import type { Clock } from '../../src/clock.ts';
import { progressOf } from '../../src/conversation/turn/turn-calls.ts';
import { unlessAborted } from '../../src/deadline.ts';
import type { Logger } from '../../src/log.ts';
import { en } from '../../src/messages/en.ts';
import type { TurnFunctions } from '../../src/realtime/function-calls.ts';
import type { FunctionCall } from '../../src/realtime/server-event.ts';
import { type RunCallsDeps, runCalls, type Verdict } from '../../src/tools/run-calls.ts';
import { type Tool, toolDigest } from '../../src/tools/tool.ts';
import type { CallResult, ToolCall } from '../../src/tools/tool-call.ts';
import type { Tools } from '../../src/tools/tools.ts';
import { plain, texts } from './chat-texts.ts';

/** The person at the prompt. */
export interface ChatPerson {
  say(line: string): void;
  /** Resolves with the next line; `undefined` after the last one. */
  ask(prompt: string): Promise<string | undefined>;
}

export interface ChatToolsDeps {
  readonly tools: Pick<Tools, 'setFor' | 'downServers'>;
  readonly person: ChatPerson;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the model may call for one message, and what it has called. */
export interface ChatCalls {
  readonly functions: TurnFunctions;
  readonly results: readonly CallResult[];
}

/** As in the bot. */
const MAX_CALLS = 16;

/** The tools of one chat. Calls that need an approval wait for the answer at the prompt. */
export class ChatTools {
  readonly #deps: ChatToolsDeps;
  /** The digests of the tools that are always allowed, until the chat ends. */
  readonly #allowed = new Set<string>();

  constructor(deps: ChatToolsDeps) {
    this.#deps = deps;
  }

  async forMessage(): Promise<ChatCalls> {
    const { tools, definitions } = await this.#deps.tools.setFor([], 'personal');
    const results: CallResult[] = [];
    const run = async (calls: readonly FunctionCall[], signal: AbortSignal) => {
      const left = MAX_CALLS - results.length;
      const ended = await runCalls(calls, left, this.#runDeps(tools, signal), signal);
      results.push(...ended);
      const outputs = ended.map(({ call: { callId }, output }) => ({ callId, output }));
      return { outputs, parts: [], isWaiting: false };
    };
    return { functions: { definitions, run }, results };
  }

  #runDeps(tools: ReadonlyMap<string, Tool>, signal: AbortSignal): RunCallsDeps {
    const { clock, log, person } = this.#deps;
    const judge = (tool: Tool, call: ToolCall) => this.#judge(tool, call, signal);
    // Two questions at once could not be told apart.
    let previous: Promise<unknown> = Promise.resolve();
    return {
      tools,
      downServers: this.#deps.tools.downServers([], 'personal'),
      context: { locale: 'en', now: clock.now(), timeZone: undefined, userId: undefined, log },
      clock,
      judge(tool, call) {
        const verdict = previous.then(() => judge(tool, call));
        previous = verdict.catch(() => {});
        return verdict;
      },
      measure(tool, _call, work) {
        person.say(plain(progressOf(tool, en)));
        return work();
      },
      async appendAudit() {},
    };
  }

  async #judge(tool: Tool, call: ToolCall, signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted();
    const key = `${tool.origin} ${tool.name} ${toolDigest(tool)}`;
    if (tool.approval === 'never' || this.#allowed.has(key)) return 'run';
    const { person } = this.#deps;
    person.say(plain(texts.approval(tool.title, tool.name, call.argumentsText)));
    for (;;) {
      const answer = await unlessAborted(signal, () => person.ask(texts.approvalPrompt(!tool.isDestructive)));
      switch (answer?.trim().toLowerCase()) {
        case 'y':
        case 'yes':
          return 'run';
        case 'always':
          if (tool.isDestructive) break;
          this.#allowed.add(key);
          return 'run';
        case 'n':
        case 'no':
        case undefined:
          return 'denied';
      }
    }
  }
}
